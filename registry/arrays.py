"""Arrays as PostgreSQL writes them, so that a long list of short items reaches the server as one constant.

psycopg2 writes a list as ``ARRAY[...]`` with an expression for each item, each of which the server parses, plans and
evaluates.  Byte strings go as one, with the place where each begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate


def array(items: Iterable[object]) -> str:
    r"""The text form of an array of integers or texts, to be cast to its type in the statement.

    >>> array([1, None])
    '{1,NULL}'
    >>> array(['a "b"', "c\\d", "ख"])
    '{"a \\"b\\"","c\\\\d","ख"}'
    """
    return "{" + ",".join(map(_item, items)) + "}"


def packed(blobs: Sequence[bytes]) -> tuple[bytes, str]:
    """The byte strings as one, and the places (from 1) where each begins and the last ends, as an array of integers.

    >>> packed([b"ab", b"c"])
    (b'abc', '{1,3,4}')
    """
    return b"".join(blobs), array(accumulate(map(len, blobs), initial=1))


def _item(item: object) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, int):
        return str(item)
    text = str(item).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
