"""The notes of a field book, read as the line that they describe: by distance and angle, or by chain and offset.

One note a line, in the words of the book; a length is a figure and a unit of ``domain.lengths``, an angle degrees or
degrees-minutes-seconds, a corner its number on the sketch (``corners``).  Two manners:

    from corner 3                               chain from corner 1 to corner 4
    from corner 3 towards 4 at 12.5 m           at 0 chain left 0 link
    go 20 m bearing 92-30-00                    at 1.2 chain right 15 link
    go 30 link left 90                          at 3 chain left 4.5 m
    go 2 gattha straight
    to corner 7

``to side`` in the place of the last note goes straight on until the boundary, ``from side`` (first, or after the
chain) begins at the boundary behind the first point.  Distances and bearings are those of the UTM zone of the place,
as the sketch gives them.  A traverse that ends ``to corner`` may miss it by a little: the error is shared out over
its legs in the proportion of their lengths (Bowditch's rule), and refused beyond one in 500.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.lengths import metres
from gis.operations.corners import Points, corner_of
from gis.shapes import from_bytes, from_metric, metric_crs_of, to_metric
from gis.tolerances import MEET_M

MOST_NOTES = 500
LONGEST_NOTE = 200
CLOSES = 500
"""A traverse closes to one part in so many of its length."""

_LENGTH = r"(?P<{0}>[0-9.]+)\s*(?P<{0}_unit>[^\W\d_][\w.-]*)"
_GO = re.compile(
    rf"go {_LENGTH.format('length')} (?:(?P<how>bearing|left|right) (?P<angle>[0-9.:°'\"-]+)|straight)"
)
_FROM = re.compile(
    rf"from corner (?P<corner>\d{{1,6}})(?: towards (?P<towards>\d{{1,6}}) at {_LENGTH.format('length')})?"
)
_CHAIN = re.compile(r"chain from corner (?P<start>\d{1,6}) to corner (?P<end>\d{1,6})")
_AT = re.compile(rf"at {_LENGTH.format('length')} (?P<hand>left|right) {_LENGTH.format('offset')}")
_TO_CORNER = re.compile(r"to corner (?P<corner>\d{1,6})")
_MANNERS = '"from corner 3", "go 20 m bearing 92.5", "go 30 link left 90", "to corner 7", "to side"; or '
_MANNERS += '"chain from corner 1 to corner 4", "at 1.2 chain right 15 link"'


def read(text: str) -> list[str]:
    """The notes of a text, one a line; blank lines and what follows a # are left out."""
    lines = (" ".join(line.partition("#")[0].split()) for line in text.splitlines())
    return [line for line in lines if line]


def line_of(parcel: bytes, notes: Sequence[str]) -> LineString:
    """The line in longitude and latitude that the notes of a parcel's measurement describe.

    Raises:
        BadInput: (field "notes[n]") for the first note that cannot be followed, with what is wrong about it.
    """
    if not 2 <= len(notes) <= MOST_NOTES:
        raise BadInput(f"{len(notes)} notes were given", field="notes", remedy=f"Give 2 to {MOST_NOTES}.")
    book = _Book(from_bytes(parcel))
    chain = _CHAIN.fullmatch(notes[0])
    points = _offsets(book, notes, chain) if chain else _traverse(book, notes)
    if len(points) < 2 or not np.isfinite(points).all():
        raise _wrong(notes, len(notes) - 1, "the notes come to a single point, which divides nothing")
    return cast("LineString", from_metric([LineString(points)], book.crs)[0])


@dataclass
class _Book:
    """The parcel in metres, and its corners by number."""

    shape: BaseGeometry
    crs: int = field(init=False)
    flat: BaseGeometry = field(init=False)

    def __post_init__(self) -> None:
        self.crs = metric_crs_of([self.shape])
        self.flat = to_metric([self.shape], self.crs)[0]

    def corner(self, number: str) -> Points:
        place = shapely.Point(corner_of(self.shape, int(number), field="corner"))
        return cast("Points", shapely.get_coordinates(to_metric([place], self.crs))[0])

    def onward(self, point: Points, ahead: Points) -> Points:
        """Where the way from a point of the parcel meets its boundary."""
        west, south, east, north = self.flat.bounds
        far = point + ahead / np.hypot(*ahead) * 2 * (east - west + north - south)
        met = shapely.get_coordinates(shapely.intersection(LineString([point, far]), self.flat.boundary))
        beyond = met[np.hypot(*(met - point).T) > MEET_M]
        if not len(beyond):
            raise BadInput(
                "the boundary does not lie ahead", remedy="Go on in another direction, or to a corner."
            )
        return cast("Points", beyond[np.argmin(np.hypot(*(beyond - point).T))])


def _traverse(book: _Book, notes: Sequence[str]) -> Points:
    found = _FROM.fullmatch(notes[0])
    if not found:
        raise _wrong(notes, 0, "the first note says where to begin")
    points = [_following(notes, 0, lambda: _start(book, found))]
    ahead: Points | None = None
    for n, note in enumerate(notes[1:], 1):
        if leg := _GO.fullmatch(note):
            ahead = _following(notes, n, lambda leg=leg, ahead=ahead: _leg(leg, ahead))  # type: ignore[misc]
            points.append(points[-1] + ahead)
        elif n == len(notes) - 1 and note == "to side" and ahead is not None:
            points.append(_following(notes, n, lambda ahead=ahead: book.onward(points[-1], ahead)))  # type: ignore[misc]
        elif n == len(notes) - 1 and (end := _TO_CORNER.fullmatch(note)):
            corner = _following(notes, n, lambda end=end: book.corner(end["corner"]))  # type: ignore[misc]
            return _closed(notes, np.array(points), corner)
        else:
            raise _wrong(notes, n, "it is no note of a traverse")
    return np.array(points)


def _start(book: _Book, found: re.Match[str]) -> Points:
    corner = book.corner(found["corner"])
    if not found["towards"]:
        return corner
    side = book.corner(found["towards"]) - corner
    along, length = float(metres(found["length"], found["length_unit"])), float(np.hypot(*side))
    if found["corner"] == found["towards"]:
        raise BadInput("a side has two corners", remedy="Name the corner that the point lies towards.")
    if along > length:
        raise BadInput(
            f"the side from corner {found['corner']} to {found['towards']} is {length:.2f} m long, not {along:.2f} m",
            remedy="Measure from the other corner, or begin at it.",
        )
    return corner + side * along / length


def _leg(leg: re.Match[str], before: Points | None) -> Points:
    """The way of one leg, metres east and north."""
    length = float(metres(leg["length"], leg["length_unit"]))
    if length == 0:
        raise BadInput("a leg has a length", remedy="Leave the note out.")
    if leg["how"] == "bearing":
        bearing = np.radians(_degrees(leg["angle"]))
    elif before is None:
        raise BadInput(
            "nothing goes before it to turn from", remedy='Give the first leg by its "bearing" from north.'
        )
    else:
        turn = 0.0 if leg["how"] is None else _degrees(leg["angle"])
        bearing = np.arctan2(*before) + np.radians(-turn if leg["how"] == "left" else turn)
    return np.array([np.sin(bearing), np.cos(bearing)]) * length


def _closed(notes: Sequence[str], points: Points, corner: Points) -> Points:
    """The traverse brought onto the corner where it ends; without legs that reach it, the last leg goes there."""
    legs = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    error = corner - points[-1]
    missed, allowed = float(np.hypot(*error)), max(MEET_M, float(legs.sum()) / CLOSES)
    if not len(legs):
        return np.vstack((points, corner))
    if missed > allowed:
        raise _wrong(
            notes,
            len(notes) - 1,
            f"the legs miss the corner by {missed:.2f} m, and {allowed:.2f} m are allowed",
        )
    share = np.concatenate(([0.0], np.cumsum(legs))) / legs.sum()
    return cast("Points", points + share[:, None] * error)


def _offsets(book: _Book, notes: Sequence[str], chain: re.Match[str]) -> Points:
    start, end = (_following(notes, 0, lambda end=end: book.corner(chain[end])) for end in ("start", "end"))  # type: ignore[misc]
    length = float(np.hypot(*(end - start)))
    if length == 0:
        raise _wrong(notes, 0, "the chain begins and ends at one corner")
    ahead = (end - start) / length
    right = np.array([ahead[1], -ahead[0]])
    points, last = [], -1.0
    from_side, to_side = notes[1] == "from side", notes[-1] == "to side"
    for n in range(1 + from_side, len(notes) - to_side):
        found = _AT.fullmatch(notes[n])
        if not found:
            raise _wrong(notes, n, "it is no note of a chain with offsets")
        along, off = _following(notes, n, lambda found=found: _ladder(found))  # type: ignore[misc]
        if not last < along <= length + MEET_M:
            raise _wrong(notes, n, f"{along:.2f} m is not between {max(last, 0):.2f} m and the end of the chain, "
                         f"{length:.2f} m")  # fmt: skip
        last = along
        points.append(start + ahead * along + right * off)
    if len(points) < 2:
        raise _wrong(notes, len(notes) - 1, "a chain has at least two offsets")
    if from_side:
        points.insert(0, _following(notes, 1, lambda: book.onward(points[0], points[0] - points[1])))
    if to_side:
        points.append(
            _following(notes, len(notes) - 1, lambda: book.onward(points[-1], points[-1] - points[-2]))
        )
    return np.array(points)


def _ladder(found: re.Match[str]) -> tuple[float, float]:
    along = float(metres(found["length"], found["length_unit"]))
    off = float(metres(found["offset"], found["offset_unit"]))
    return along, off if found["hand"] == "right" else -off


def _degrees(text: str) -> float:
    """
    >>> _degrees("92.5"), _degrees("92-30-00"), _degrees("92°30'")
    (92.5, 92.5, 92.5)
    """
    parts = [part for part in re.split(r"[-:°'\"]", text) if part]
    try:
        figures = [float(part) for part in parts]
    except ValueError:
        figures = []
    if not 1 <= len(figures) <= 3 or not 0 <= figures[0] <= 360 or any(f >= 60 for f in figures[1:]):
        raise BadInput(
            f"{text!r} is no angle", remedy="Write degrees, 92.5, or degrees-minutes-seconds, 92-30-00."
        )
    return sum((figure / 60**n for n, figure in enumerate(figures)), 0.0)


def _following(notes: Sequence[str], n: int, follow: Callable[[], Any]) -> Any:
    try:
        return follow()
    except BadInput as error:
        raise _wrong(notes, n, error.message, error.remedy) from error


def _wrong(notes: Sequence[str], n: int, why: str, remedy: str = "") -> BadInput:
    return BadInput(
        f"note {n + 1} ({notes[n][:60]!r}): {why}",
        field=f"notes[{n}]",
        remedy=remedy or f"Notes read: {_MANNERS}.",
    )
