"""Every tolerance of the cadastre, by name, each with its reason.  Nothing else in the package holds a bare figure."""

from __future__ import annotations

from decimal import Decimal

UNITS_PER_DEGREE = 10**9
"""The storage grid: 1e-9 degree, at most 0.11 mm on the ground; finer than any instrument, exact in a double."""

METRES_PER_DEGREE = 111_320
"""Along the equator.  For turning a tolerance into degrees only, never a length: it is right to a third in India."""

WIDEST_DEGREES = 1.0
"""No parcel spans more than a degree (111 km); a shape that does is in another unit than degrees."""

SPLINTER_M2 = 0.01
"""A loose piece under 1 dm2, left where a ring crosses itself, is an artefact of drawing, not land."""

REPAIR_M2 = 1.0
"""A repair may move no more land than this: a quarter of what the third decimal of an acre (4 m2) can show."""

OVERLAP_M2 = 1.0
OVERLAP_WIDTH_M = 0.10
"""Two parcels conflict where both bounds are passed; thinner than the 5 cm of each survey, it is a hairline."""

MEET_M = 0.05
"""Boundaries meet within 5 cm: the accuracy that the resurveys ask of a boundary point."""

SLIVER_M2 = Decimal("1.00")
SLIVER_WIDTH_M = Decimal("0.50")
"""A part smaller than a square metre, or narrower than a person's passage, comes from a slip of the pen."""

AREA_AGREES = Decimal("0.01")
AREA_CLOSE = Decimal("0.05")
"""Grades of drawn against recorded area: good surveys differ by 0.02 to 0.26 % in the median, 5 % is remarkable."""

AREA_FACTOR = Decimal(2)
"""Beyond double or half, the figure and the drawing are not of the same land: a mapping file may set another factor."""

CUT_AT_BYTES = 254
"""The widest text of a shapefile's table.  A cell that fills it, to the last whole letter, has lost its end."""

NARROW_GAP_M = 1.0
"""A strip between two parcels, thinner than this, is a flaw of drawing rather than a path nobody registered."""
