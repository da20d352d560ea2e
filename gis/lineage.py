"""The family of a parcel, drawn: what it was made of and what became of it, one row for each generation.

Time runs downwards.  A box is a parcel: its number, its recorded area, the order that made it, and the days between
which it stood; a retired one is grey with a broken edge, the one asked for is tinted and bold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from gis.draw import FAINT, FONTS, INK, LAND, MINE, PAPER, QUIET

BOX_WIDTH, BOX_HEIGHT = 168, 66
_ACROSS, _DOWN = 22, 54  # pixels between boxes, and between rows
_MARGIN = 14
_SWEEPS = 8
_LETTERS = 26  # of 11 pixels that fit in a box


@dataclass(frozen=True, kw_only=True)
class Relative:
    """A parcel of the family: ``made_by`` is the title of the order that made it, ``until`` None while it stands."""

    id: str
    label: str
    recorded_m2: Decimal
    made_by: str
    since: date
    until: date | None
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Parcels with the links (parent, child) between them; not ``whole`` where farther relatives are left out."""

    parcels: tuple[Relative, ...]
    links: tuple[tuple[str, str], ...]
    whole: bool


def generations(family: Family) -> dict[str, int]:
    """For each parcel the length of the longest way down to it from one that has no parent here."""
    parents = _by(family.links, of=1)
    found: dict[str, int] = {}
    waiting = [relative.id for relative in family.parcels]
    for _ in range(len(waiting) + 1):  # every round places at least one whose parents all are
        left = [i for i in waiting if i not in found]
        for identifier in left:
            above = parents.get(identifier, [])
            if all(parent in found for parent in above):
                found[identifier] = max((found[parent] + 1 for parent in above), default=0)
    return found


def draw_family(family: Family, focus: str, *, title: str, description: str) -> str:
    """The family as an SVG document, ``focus`` being the parcel that was asked for."""
    rows = _rows(family)
    places = _places(family, rows)
    width = max(place[0] for place in places.values()) + BOX_WIDTH + _MARGIN
    height = max(place[1] for place in places.values()) + BOX_HEIGHT + _MARGIN
    if not family.whole:
        height += 22
    layers = [_link(places[a], places[b]) for a, b in family.links]
    layers += [_box(relative, places[relative.id], relative.id == focus) for relative in family.parcels]
    if not family.whole:
        layers.append(
            f'<text x="{_MARGIN}" y="{height - 10:g}" font-size="12" fill="{QUIET}">'
            "Farther relatives are left out: open one of these to see its own.</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family="{FONTS}"><title>{_words(title)}</title>'
        f'<desc>{_words(description)}</desc><rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>'
        f"{''.join(layers)}</svg>"
    )


def _rows(family: Family) -> dict[str, int]:
    """Generations, but who has no parents stands right above the first child, so that no line runs through a box."""
    parents, children = _by(family.links, of=1), _by(family.links, of=0)
    rows = generations(family)
    lowered = {i: min(rows[c] for c in children[i]) - 1 for i in rows if i not in parents and i in children}
    return rows | lowered


def _places(family: Family, rows: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Left upper corners.  Each box is drawn towards the middle of its parents, then of its children, in turns."""
    parents, children = _by(family.links, of=1), _by(family.links, of=0)
    by_row: dict[int, list[str]] = {}
    for relative in family.parcels:
        by_row.setdefault(rows[relative.id], []).append(relative.id)
    x: dict[str, float] = {}
    for row in sorted(by_row):
        for n, identifier in enumerate(by_row[row]):
            x[identifier] = n * (BOX_WIDTH + _ACROSS)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for row in sorted(by_row, reverse=not downwards):
            kin = parents if downwards else children
            wanted = {i: _middle([x[k] for k in kin.get(i, [])], x[i]) for i in by_row[row]}
            by_row[row].sort(key=lambda i, at=wanted: (at[i], i))  # type: ignore[misc]
            x |= _apart([(i, wanted[i]) for i in by_row[row]])
    left = min(x.values())
    return {i: (x[i] - left + _MARGIN, rows[i] * (BOX_HEIGHT + _DOWN) + _MARGIN) for i in x}


def _apart(wanted: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Places in the given order, none over its neighbour, as near as may be to the wanted ones."""
    step = BOX_WIDTH + _ACROSS
    placed: list[float] = []
    for _, at in wanted:
        placed.append(max(at, placed[-1] + step) if placed else at)
    drift = sum(p - at for p, (_, at) in zip(placed, wanted, strict=True)) / len(placed)
    return {identifier: p - drift for (identifier, _), p in zip(wanted, placed, strict=True)}


def _middle(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _by(links: Sequence[tuple[str, str]], *, of: int) -> dict[str, list[str]]:
    """Parents by child (``of=1``) or children by parent (``of=0``)."""
    found: dict[str, list[str]] = {}
    for link in links:
        found.setdefault(link[of], []).append(link[1 - of])
    return found


def _link(parent: tuple[float, float], child: tuple[float, float]) -> str:
    x1, y1 = parent[0] + BOX_WIDTH / 2, parent[1] + BOX_HEIGHT
    x2, y2 = child[0] + BOX_WIDTH / 2, child[1]
    bend = (y2 - y1) / 2
    return (
        f'<path d="M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}" '
        f'fill="none" stroke="{FAINT}" stroke-width="1.5"/>'
    )


def _box(relative: Relative, place: tuple[float, float], mine: bool) -> str:
    x, y = place
    fill = MINE if mine else LAND if relative.until is None else PAPER
    broken = "" if relative.until is None else ' stroke-dasharray="5 3"'
    days = f"{relative.since} –" + (f" {relative.until}" if relative.until else "")
    lines = (
        (relative.label, 15, "bold", INK, 20),
        (f"{relative.recorded_m2.normalize():,f} m²", 11, "normal", INK, 35),
        (relative.made_by, 11, "normal", QUIET, 48),
        (days, 11, "normal", QUIET, 61),
    )
    texts = "".join(
        f'<text x="{x + BOX_WIDTH / 2:.1f}" y="{y + down:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="middle" fill="{ink}">{_words(_short(words))}</text>'
        for words, size, weight, ink, down in lines
    )
    box = (
        f"<g><title>{_words(f'{relative.id}: {relative.made_by}, {days}')}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{INK}" stroke-width="{2.5 if mine else 1:g}"{broken}/>{texts}</g>'
    )
    return f'<a href="{escape(relative.href)}">{box}</a>' if relative.href else box


def _short(words: str) -> str:
    return words if len(words) <= _LETTERS else words[: _LETTERS - 1] + "…"


def _words(text: str) -> str:
    """Text fit for XML: escaped, and without control characters, which no XML may hold."""
    return escape("".join(c for c in text if c >= " "))
