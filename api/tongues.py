"""In which language a request is answered: the one that its address names, else the reader's first that we speak."""

from __future__ import annotations

import re
from collections.abc import Collection

from fastapi import Request

from domain.languages import ENGLISH, LANGUAGES

_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:[ \t]*;[ \t]*[qQ]=([01](?:\.[0-9]{0,3})?))?")
_LONGEST = 500  # characters of a header that are looked at: a browser sends fewer than fifty


def tongue_of(request: Request, spoken: Collection[str] = LANGUAGES) -> str:
    """The language of the answer: ``?lang=``, else by ``Accept-Language``, else English.

    A language that is not spoken here is no fault: the reader gets the next that is, and at last English.
    """
    named = request.query_params.get("lang")
    if named is not None and named in spoken:
        return named
    return preferred(request.headers.get("accept-language", ""), spoken)


def preferred(header: str, spoken: Collection[str] = LANGUAGES) -> str:
    """The language of ``Accept-Language`` with the greatest weight that is spoken here (RFC 9110, s. 12.5.4).

    What is not of the header's grammar is passed over; ``te-IN`` is answered in ``te``.

    >>> preferred("mr-IN, hi;q=0.8, en;q=0.5"), preferred("en;q=0.2, kn;q=0.9"), preferred("fr, hi;q=0")
    ('mr', 'kn', 'en')
    """
    found = (_RANGE.fullmatch(member.strip(" \t")) for member in header[:_LONGEST].split(","))
    weighted = [(float(m[2] or 1), m[1].lower().partition("-")[0]) for m in found if m]
    for weight, language in sorted(weighted, key=lambda pair: -pair[0]):
        if 0 < weight <= 1 and (language in spoken or language == "*"):
            return ENGLISH if language == "*" else language
    return ENGLISH
