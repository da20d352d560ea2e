"""Bringing a village in: what is drawn beforehand, and what is taken on trust."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from api.importing import Serials
from domain.errors import BadInput
from gis.shapes import geometry_hash
from registry.cadastre import Cadastre, OwnShapes

pytestmark = pytest.mark.quick


class Desk:
    """Gives serial numbers as the office does, and counts how often it was asked."""

    def __init__(self) -> None:
        self.next = {"parcel": 1, "unit": 1}
        self.asked: Counter[str] = Counter()

    def issue(self, village: str, kind: str, count: int) -> range:
        start = self.next[kind]
        self.next[kind] += count
        self.asked[kind] += 1
        return range(start, start + count)


def test_the_numbers_of_an_import_are_drawn_at_once_and_follow_on_each_other() -> None:
    desk = Desk()
    serials = Serials(cast("Any", desk), "593873", parcels=10, units=3)
    assert [serials.issue("593873", "parcel", 4) for _ in range(2)] == [range(1, 5), range(5, 9)]
    assert serials.issue("593873", "unit", 3) == range(1, 4)
    assert desk.asked == {"parcel": 1, "unit": 1}


def test_an_order_that_is_made_again_gets_numbers_that_nobody_had() -> None:
    desk = Desk()
    serials = Serials(cast("Any", desk), "593873", parcels=5, units=0)
    given = [serials.issue("593873", "parcel", 4), serials.issue("593873", "parcel", 4)]
    given += [serials.issue("593873", "parcel", 1), serials.issue("593873", "unit", 2)]
    assert given == [range(1, 5), range(6, 10), range(5, 6), range(1, 3)]


def test_shapes_of_our_own_are_hashed_and_not_read_again() -> None:
    cadastre = Cadastre(cast("Any", None))
    body = b"not a shape, which nobody notices who does not read it"
    digest = geometry_hash(body)
    assert cadastre.checked(OwnShapes({digest: body}), own=True) == {digest: body}
    with pytest.raises(BadInput, match="canonical"):
        cadastre.checked({digest: body})
    with pytest.raises(BadInput, match="another SHA-256"):
        cadastre.checked(OwnShapes({geometry_hash(b"else"): body}), own=True)
