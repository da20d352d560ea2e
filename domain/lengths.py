"""Units of length: what the chain, the link, the gattha and the karam of the field books are, in exact metres.

As with areas, a chain is not a chain: each has a code of its own, and a code has one factor for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from domain.errors import BadInput

FOOT = Decimal("0.3048")
"""Metres in the international foot, exactly."""

METRES: Mapping[str, Decimal] = MappingProxyType(
    {
        "m": Decimal(1),
        "cm": Decimal("0.01"),
        "km": Decimal(1000),
        "foot": FOOT,
        "yard": 3 * FOOT,
        "chain": 66 * FOOT,  # Gunter's: ten square chains are an acre
        "link": 66 * FOOT / 100,
        "chain-100ft": 100 * FOOT,  # the engineers'
        "anna-chain": 33 * FOOT,  # Bombay's survey: sixteen annas
        "anna": 33 * FOOT / 16,
        "jarib": 165 * FOOT,  # Shahjahani: its square is a bigha of 27,225 square feet
        "gattha": 165 * FOOT / 20,
        "gantari-jarib": 132 * FOOT,
        "karam": Decimal("5.5") * FOOT,  # of 66 inches: its square is a sarsahi
        "karam-57.5": Decimal("57.5") * FOOT / 12,
    }
)
"""Metres in one unit, by its code."""

_ALIASES = {
    "metre": "m",
    "metres": "m",
    "meter": "m",
    "meters": "m",
    "मीटर": "m",
    "ft": "foot",
    "feet": "foot",
    "yd": "yard",
    "yards": "yard",
    "gaj": "yard",
    "गज": "yard",
    "chains": "chain",
    "links": "link",
    "कड़ी": "link",
    "kadi": "link",
    "annas": "anna",
    "जरीब": "jarib",
    "gatha": "gattha",
    "gatthas": "gattha",
    "गट्ठा": "gattha",
    "karams": "karam",
    "करम": "karam",
}
LONGEST_M = Decimal(100_000)


def metres(figure: str, unit: str) -> Decimal:
    """A length of a field book in metres.

    >>> metres("2.5", "chain"), metres("4", "gattha"), metres("30", "links")
    (Decimal('50.29200'), Decimal('10.0584'), Decimal('6.035040'))

    Raises:
        BadInput: for a unit that is not known, or a figure that is no length from 0 to 100 km.
    """
    code = _ALIASES.get(unit.casefold(), unit.casefold())
    if code not in METRES:
        raise BadInput(
            f"{unit[:40]!r} is no unit of length", field="unit", remedy=f"Known: {', '.join(METRES)}."
        )
    try:
        length = Decimal(figure) * METRES[code]
    except InvalidOperation:
        length = Decimal("NaN")
    if not length.is_finite() or not 0 <= length <= LONGEST_M:
        raise BadInput(
            f"{figure[:40]!r} is no length",
            field="length",
            remedy="Give a plain figure, at most 100 km in all.",
        )
    return length
