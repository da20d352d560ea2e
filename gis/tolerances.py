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

HAIRLINE_M = 0.16
"""Two drawings of one corner in six decimals of a degree lie up to 16 cm apart; no boundary is moved farther."""

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

# A newer map of a village beside the registered one (gis.comparison).

REDRAWN_M = 0.5
"""A boundary drawn again lies within half a metre in the mean: what few decimals and tracing by hand leave."""

EXTENT_M2 = Decimal("1.00")
"""A recorded extent that moved by more is another figure; less comes from turning units into each other."""

BROKEN_SHARE = 0.5
"""Who keeps less of both shapes than half of them together is not the same field: the drawing is broken."""

SAME_LAND = 0.8
"""Two shapes that share four fifths of what they cover together are one field, whatever its number."""

LINK_M2 = 5.0
"""Less common land than a bed of five square metres comes from drawing and makes no lineage."""

LINK_SHARE = 0.02
"""Nor does common land under a fiftieth of the one and of the other."""

TAKEN_SHARE = 0.1
"""A new number takes up land of an old one where they share a tenth of the smaller; below, both surveys' edges lap."""

HELD_SHARE = 0.5
"""A parcel that keeps its number gives or takes a whole piece: more than half of the piece lies in it."""

FIT_SHARE = 0.02
"""Newer parts are set into the registered boundary where no more than a fiftieth of the land moves for it."""

NUMBERED_ANEW = 0.5
"""A map on which fewer than half of the registered numbers lie where they lay is numbered anew: numbers say nothing."""

MOST_CORNERS_OF_A_SHAPE = 50_000
"""More corners do not fit the canonical bytes of a shape; it is refused before anything is measured on it."""

FARTHEST = 1e9
"""No reference system of the earth has coordinates beyond a million kilometres, in metres or degrees."""
