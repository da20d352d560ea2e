"""Units of length: exact, known by several names, refused where they are none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import BadInput
from domain.lengths import METRES, metres
from domain.quantities import AREA_UNITS

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("length", "area", "times"),
    [
        ("chain", "acre", Decimal("0.1")),  # ten square chains are an acre
        ("jarib", "bigha-pucca", Decimal(1)),
        ("karam", "sarsahi", Decimal(1)),
        ("yard", "square-yard", Decimal(1)),
    ],
)
def test_the_square_of_a_chain_is_the_area_that_it_was_made_for(
    length: str, area: str, times: Decimal
) -> None:
    assert METRES[length] ** 2 == AREA_UNITS[area] * times


def test_a_unit_is_known_by_its_names() -> None:
    assert metres("100", "links") == metres("1", "chain") == metres("66", "ft") == Decimal("20.1168")
    assert metres("20", "गट्ठा") == metres("1", "JARIB")


@pytest.mark.parametrize("figure", ["-1", "NaN", "Infinity", "1e9", "x", ""])
def test_what_is_no_length_is_refused(figure: str) -> None:
    with pytest.raises(BadInput, match="is no length"):
        metres(figure, "m")


def test_an_unknown_unit_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(BadInput, match="'cubit' is no unit of length") as refused:
        metres("1", "cubit")
    assert "gattha" in refused.value.remedy
