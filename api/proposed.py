"""What a preview proposes beside the shapes: recorded areas that balance, numbers after the state's manner.

Recorded areas are divided as the drawn ones are, in the unit of the paper, so that the figures make up the parent's
to the last digit.  Numbers are those of the grammar of the village's state; a number that does not follow it is gone
on from plainly, and that is said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any, cast

from api.counter import Counter
from api.routes.parcels import document_now
from domain.errors import RegistryError
from domain.numbering import BadLabel, Grammar, Plain, grammar_of
from domain.quantities import AREA_UNITS, Area, area
from gis.shapes import geometry_hash
from registry.cadastre import Cadastre

_LEAST_PLACES = 4
_MOST_PLACES = 10


class NotDivisible(RegistryError):
    """The parcel cannot be redrawn as it stands: it is retired, or the record has no map of it."""

    code = "not-divisible"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A parcel of today's record: its public document and its shape."""

    document: Mapping[str, Any]
    body: bytes

    @property
    def id(self) -> str:
        return str(self.document["parcel_id"])

    @property
    def label(self) -> str:
        return str(self.document["label"])

    @property
    def digest(self) -> str:
        return str(self.document["geometry"])

    @property
    def village(self) -> str:
        return str(self.document["village"]["lgd"])

    @property
    def recorded(self) -> Area:
        original = self.document["area"]["original"]
        return area(original["figure"], original["unit"])


@dataclass(frozen=True, kw_only=True)
class Part:
    """A shape that is proposed: its canonical bytes, its number, its drawn area and what would be recorded."""

    body: bytes
    label: str
    drawn_m2: Decimal
    area: Area

    @property
    def digest(self) -> str:
        return geometry_hash(self.body)


def subjects(counter: Counter, parcels: Sequence[str], *, field: str = "parcel_id") -> list[Subject]:
    """The parcels as they stand, each with its shape.

    Raises:
        NotFound: for one that is not in the record.
        NotDivisible: for one that is retired, or has no map.
    """
    documents = [document_now(counter, parcel) for parcel in parcels]
    bodies = Cadastre(counter.reader).bodies([d["geometry"] for d in documents if d["geometry"]])
    for document in documents:
        parcel, digest = document["parcel_id"], document["geometry"]
        if document["status"] != "active" or digest not in bodies:
            raise NotDivisible(
                f"parcel {parcel} is retired" if digest else f"the record has no map of parcel {parcel}",
                field=field,
                remedy="Name the parcels that succeeded it." if digest else "Have it surveyed first.",
            )
    return [Subject(document=d, body=bodies[d["geometry"]]) for d in documents]


def divided(figure: str, drawn: Sequence[Decimal], stated: Mapping[int, Decimal] | None = None) -> list[str]:
    """The paper's figure divided in the proportion of the drawn areas; the parts add up to it exactly.

    Each part is rounded down and the last places go, one each, to those that lost most.  ``stated``: parts, by their
    place, whose figures are given; the others share the rest.

    >>> divided("1", [Decimal(1), Decimal(1), Decimal(1)])
    ['0.3334', '0.3333', '0.3333']
    >>> divided("1", [Decimal(1), Decimal(1), Decimal(2)], {0: Decimal("0.25")})
    ['0.2500', '0.2500', '0.5000']
    """
    fixed = stated or {}
    whole = Decimal(figure)
    finest = min(cast("int", f.as_tuple().exponent) for f in (whole, *fixed.values()))
    places = min(max(-finest, _LEAST_PLACES), _MOST_PLACES)
    step = Decimal(1).scaleb(-places)
    open_ = [n for n in range(len(drawn)) if n not in fixed]
    rest, among = whole - sum(fixed.values(), Decimal(0)), sum((drawn[n] for n in open_), Decimal(0))
    exact = {n: rest * drawn[n] / among for n in open_}
    parts = {n: share.quantize(step, ROUND_DOWN) for n, share in exact.items()}
    left = int((rest - sum(parts.values(), Decimal(0))) / step)
    for n in sorted(open_, key=lambda n: (parts[n] - exact[n], n))[:left]:
        parts[n] += step
    return [str((fixed.get(n) or parts.get(n, Decimal(0))).quantize(step)) for n in range(len(drawn))]


def moved_over(gaining: Area, losing: Area, drawn_m2: Decimal) -> tuple[Area, Area]:
    """Two recorded areas after drawn land passed from the one to the other; their sum stays as it was.

    >>> [a.figure for a in moved_over(area("0.4000", "hectare"), area("1", "acre"), Decimal("100.00"))]
    ['0.4100', '0.9752894619']
    """
    places = max(_LEAST_PLACES, -cast("int", Decimal(gaining.figure).as_tuple().exponent))
    step = Decimal(1).scaleb(-min(places, _MOST_PLACES))
    change = (drawn_m2 / AREA_UNITS[gaining.unit]).quantize(step, ROUND_HALF_EVEN)
    other = change * AREA_UNITS[gaining.unit] / AREA_UNITS[losing.unit]
    if gaining.unit != losing.unit:
        other = other.quantize(Decimal(1).scaleb(-_MOST_PLACES), ROUND_HALF_EVEN)
    gained, lost = Decimal(gaining.figure) + change, Decimal(losing.figure) - other
    return area(str(gained), gaining.unit), area(str(lost), losing.unit)


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """The numbers of a village: its state's manner, and every label that a parcel of it bears or bore."""

    grammar: Grammar
    borne: Collection[str]

    def parts(self, label: str, count: int) -> tuple[list[str], list[str]]:
        """Numbers for the parts of a parcel, and a remark where its own does not follow the state's manner."""
        try:
            return list(self.grammar.next_child_labels(label, count, self.borne)), []
        except BadLabel:
            remark = (
                f"{label} does not follow the state's manner of numbering: its parts are numbered plainly"
            )
        try:
            return list(Plain().next_child_labels(label, count, self.borne)), [remark]
        except BadLabel:
            return [f"{label}/{n}" for n in range(1, count + 1)], [remark]

    def union(self, labels: Sequence[str], *, whole_again: bool) -> str:
        """The number of a union: what the law gives it, or else the first of those that fall free."""
        given = None
        if all(map(self.grammar.fits, labels)):
            given = self.grammar.merge_label(labels, was_one_field_before=whole_again)
        return given or min(labels, key=self.grammar.key)

    def after(self, labels: Sequence[str]) -> Numbering:
        """The same once those labels are borne too."""
        return Numbering(grammar=self.grammar, borne={*self.borne, *labels})


def numbering_of(counter: Counter, lgd: str) -> Numbering:
    with counter.reader.cursor() as cursor:
        cursor.execute("select state from records.village where lgd = %s", (lgd,))
        state = cursor.fetchone()
        cursor.execute("select label from records.parcel where village = %s", (lgd,))
        borne = {label for (label,) in cursor}
    return Numbering(grammar=grammar_of(state[0] if state else "generic"), borne=borne)


def parts_of(
    subject: Subject,
    bodies: Sequence[bytes],
    drawn: Sequence[Decimal],
    numbering: Numbering,
    stated: Mapping[int, Decimal] | None = None,
) -> tuple[list[Part], list[str]]:
    """The parts of one parcel with their numbers and recorded areas, and what there is to remark."""
    labels, remarks = numbering.parts(subject.label, len(bodies))
    figures = divided(subject.recorded.figure, drawn, stated)
    unit = subject.recorded.unit
    parts = [
        Part(body=body, label=label, drawn_m2=m2, area=area(figure, unit))
        for body, label, m2, figure in zip(bodies, labels, drawn, figures, strict=True)
    ]
    return parts, remarks
