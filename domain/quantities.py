"""Shares and areas: exact, with the figure and the unit of the paper kept beside.

Every conversion is to square metres by an exact factor; the original is never derived again from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from domain.errors import BadInput
from domain.languages import Phrase
from domain.units import area_units

Share = Fraction
WHOLE = Fraction(1)
MAX_DENOMINATOR = 10**12

M2_PLACES = Decimal("0.0001")

AREA_UNITS: Mapping[str, Decimal] = area_units()
"""Square metres in one unit, exact, by its code: the units of every state (``domain/states/*/units.toml``)."""


@lru_cache(maxsize=4096)  # few shares are written, and often
def parse_share(text: str, *, field: str = "share") -> Share:
    """A share as people write it, in lowest terms.

    >>> parse_share("2/6"), parse_share("1")
    (Fraction(1, 3), Fraction(1, 1))
    >>> parse_share("0.3333")
    Traceback (most recent call last):
    domain.errors.BadInput: '0.3333' is not a share
    """
    match = re.fullmatch(r"([0-9]{1,12})(?:/([1-9][0-9]{0,12}))?", text.strip(), re.ASCII)
    if not match:
        raise BadInput(
            Phrase("{given} is not a share", given=repr(text[:40])),
            field=field,
            remedy="Write it as a fraction of the whole: 1/3, 5/16, 1.",
        )
    share = Fraction(int(match[1]), int(match[2] or 1))
    if not 0 < share <= 1:
        raise BadInput(
            Phrase("the share {given} does not lie between 0 and 1", given=text.strip()),
            field=field,
            remedy="A share is a part of one whole unit.",
        )
    if share.denominator > MAX_DENOMINATOR:
        raise BadInput(
            Phrase(
                "the share {given} is finer than one part in {finest}",
                given=text.strip(),
                finest=MAX_DENOMINATOR,
            ),
            field=field,
        )
    return share


def format_share(share: Share) -> str:
    """
    >>> format_share(Fraction(2, 6)), format_share(Fraction(1))
    ('1/3', '1/1')
    """
    return f"{share.numerator}/{share.denominator}"


@dataclass(frozen=True)
class Area:
    """A recorded area: ``m2`` exact to four places, with the paper's own ``figure`` and ``unit``."""

    m2: Decimal
    figure: str
    unit: str

    def __str__(self) -> str:
        return f"{self.figure} {self.unit} ({self.m2} m2)"


def area(figure: str, unit: str, *, field: str = "area") -> Area:
    """The area that a paper states.

    >>> area("0.54", "acre").m2
    Decimal('2185.3025')
    >>> area("-1", "acre")
    Traceback (most recent call last):
    domain.errors.BadInput: an area is greater than zero, this one reads '-1'
    """
    factor = AREA_UNITS.get(unit)
    if factor is None:
        raise BadInput(
            Phrase("the unit of area {given} is not known", given=repr(unit[:40])),
            field=field,
            remedy=Phrase("Known: {known}.", known=", ".join(AREA_UNITS)),
        )
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,10})?", figure, re.ASCII):
        raise BadInput(
            Phrase("{given} is not a figure of area", given=repr(figure[:40])),
            field=field,
            remedy="Write digits with a point: 0.5400.",
        )
    number = Decimal(figure)
    if number <= 0:
        raise BadInput(
            Phrase("an area is greater than zero, this one reads {given}", given=repr(figure)), field=field
        )
    return Area(to_m2(number * factor), figure, unit)


def to_m2(value: Decimal) -> Decimal:
    """Square metres to the four places in which they are recorded, halves to even."""
    with localcontext() as context:
        context.prec = 40
        return value.quantize(M2_PLACES, ROUND_HALF_EVEN)


def total(areas: Iterable[Decimal]) -> Decimal:
    """Their sum, exact to four places.

    >>> total([Decimal("1.1"), Decimal("2.2")])
    Decimal('3.3000')
    """
    return to_m2(sum(areas, Decimal(0)))
