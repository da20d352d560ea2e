"""The quality grade of a parcel: how far the record can be relied on, from facts that anyone can recompute.

| grade | the record                                                                     |
|-------|--------------------------------------------------------------------------------|
| A     | map within 1 % of the recorded area, all holders named, their shares determined |
| B     | map within 5 %, or the shares are not determined                               |
| C     | map further off than 5 %: one of the two areas is wrong                        |
| D     | no map, or the holders are not all named                                       |

1 % is about what a good paper map gives at 1:4,000; beyond 5 % the difference is no longer one of drawing.  The
limits describe; they bar nothing (what bars a mutation stands in the figures of the state's law).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

Grade = Literal["A", "B", "C", "D"]
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")

CLOSE = Decimal("0.01")
NEAR = Decimal("0.05")


def grade(
    *,
    recorded_m2: Decimal,
    drawn_m2: Decimal | None,
    holders_complete: bool,
    shares_determined: bool,
) -> Grade:
    """The grade of an active parcel.

    >>> grade(recorded_m2=Decimal(4000), drawn_m2=Decimal(4010), holders_complete=True, shares_determined=True)
    'A'
    """
    if drawn_m2 is None or not holders_complete:
        return "D"
    difference = abs(drawn_m2 - recorded_m2)
    if difference > NEAR * recorded_m2:
        return "C"
    if difference > CLOSE * recorded_m2 or not shares_determined:
        return "B"
    return "A"
