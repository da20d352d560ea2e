"""Subdivision without transfer: one parcel is divided into parts that stay in the same unit.

Nobody gains or loses a right: the holders, their shares and every charge remain, and the unit lists the parts where it
listed the parcel.  The parent is retired and its children name it as their predecessor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import restricted
from domain.mutations._parcels import (
    DRAWN,
    EAST,
    MEASURED,
    SKETCH,
    SKETCHED,
    WEST,
    Child,
    Sketch,
    children_fill_the_parent,
    ids_of,
    labels_follow_the_grammar,
    no_child_is_a_splinter,
    parcels_are_of_the_unit,
    recorded_areas_agree_with_shapes,
    recorded_areas_balance,
    retired,
    shapes_are_measured,
    shapes_of,
    successor,
    with_parcels,
)
from domain.mutations._shared import (
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
    new_labels_are_free,
)
from domain.quantities import Area
from domain.record import Record
from domain.values import ParcelLabel, Permission

TYPE = "mutation.subdivision/1"
TITLE = {
    "en": "Subdivision without transfer",
    "hi": "बिना अन्तरण के उपविभाजन",
    "te": "బదిలీ లేకుండా ఉపవిభజన",
    "mr": "हस्तांतरणाविना पोटविभाजन",
    "kn": "ವರ್ಗಾವಣೆ ಇಲ್ಲದ ಪೋಡಿ",
}
PROCEDURE = Procedure(
    nature="division",
    applicants=("holder", "survey-department"),
    papers=("sketch",),
    verified_by="surveyor",
    decided_by=("survey-officer", "tahsildar"),
    notice="unregistered",
    numbering="children",
)

SURVEY_NUMBERS = Citation("Maharashtra Land Revenue Code 1966", "s. 87; the like law of each state")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A parcel and the parts into which the sketch divides it."""

    unit: UnitId
    parcel: ParcelId
    children: tuple[Child, ...]
    sketch: Sketch
    permissions: tuple[Permission, ...] = ()

    def retires(self) -> tuple[ParcelId, ...]:
        return (self.parcel,)

    def born(self) -> tuple[Child, ...]:
        return self.children


@rule(
    "a parcel is divided into at least two parts",
    source=SURVEY_NUMBERS,
    remedy="Give each part with its number, its area and its shape.",
)
def there_are_parts(a: Application, record: Record, law: Law) -> Answer:
    return len(a.children) >= 2


@rule(
    "the state's manner of numbering gives numbers to parts that stay in one holding",
    source=Citation("Rajasthan Land Revenue (Land Records) Rules 1957", "r. 60"),
    remedy="Show the parts as dotted lines on the map; each gets its number when it passes to another holding.",
)
def parts_are_numbered_here(a: Application, record: Record, law: Law) -> Answer:
    return law.figure("parts-within-unit").value != 0


RULES = (
    *STANDING,
    NOTHING_BARS["division"],
    parcels_are_of_the_unit,
    there_are_parts,
    parts_are_numbered_here,
    *MEASURED,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A parcel was divided; its parts stayed in its unit."""

    unit: UnitId
    parcel: ParcelId
    children: tuple[Child, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The subdivision, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, parcel=application.parcel, children=application.children)


shapes = shapes_of


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parent as it is retired, its children, and the unit that lists them in its place."""
    parent, born = record.parcels[event.parcel], ids_of(event.children)
    return (
        retired(parent, born),
        *(successor(child, [parent], event.unit) for child in event.children),
        with_parcels(record.units[event.unit], [parent.id], born),
    )


WORDING = {
    "en": "Parcel {parcel} of holding {unit} divided into {children}, without transfer.",
    "hi": "खाता {unit} के भूखण्ड {parcel} का {children} में उपविभाजन, बिना अन्तरण के।",
    "te": "ఖాతా {unit} లోని భూభాగం {parcel} బదిలీ లేకుండా {children} గా ఉపవిభజన.",
    "mr": "खाते {unit} मधील भूखंड {parcel} याचे {children} असे पोटविभाजन, हस्तांतरणाविना.",
    "kn": "ಖಾತೆ {unit} ರ ಜಮೀನು {parcel} ವರ್ಗಾವಣೆ ಇಲ್ಲದೆ {children} ಆಗಿ ಪೋಡಿ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "unit": record.units[event.unit].label,
        "parcel": record.parcels[event.parcel].label,
        "children": ", ".join(c.label for c in event.children),
    }


_IN_TWO = Application(unit=KHATA, parcel=FIELD, children=(WEST, EAST), sketch=SKETCH)

EXAMPLES = (
    Example(
        title="the sisters divide their field in two and keep both parts together",
        given=SKETCHED,
        when=_IN_TWO,
        then={
            FIELD: {"status": "retired", "label": "101", "successors": [WEST.id, EAST.id]},
            str(WEST.id): {"label": "101/1", "unit": KHATA, "predecessors": [FIELD], "status": "active"},
            KHATA: {"parcels": [GARDEN, WEST.id, EAST.id]},
        },
    ),
    Example(
        title="a restriction that lies on the khata stays where it is, and only bars what it bars",
        given=restricted(SKETCHED, "lis-pendens"),
        when=_IN_TWO,
        then={str(EAST.id): {"area_m2": "2500.0000", "ulpin": None}},
    ),
    Example(
        title="one part is none, and a court's stay is told in the same answer",
        given=restricted(replace(SKETCHED, survey=replace(DRAWN, children_m2=(Decimal("4010.00"),))), "stay"),
        when=replace(_IN_TWO, children=(replace(WEST, area=Area(Decimal(4000), "0.4000", "hectare")),)),
        refused=(NOTHING_BARS["division"], there_are_parts),
    ),
    Example(
        title="the parcel of another khata, a number that is taken and one that no record writes so",
        given=replace(
            SKETCHED.with_states(replace(SISTERS.parcels[FIELD], unit=UnitId("999101-U000099"))),
            labels={("999101", "parcel", "101/1"): "999101-000300"},
        ),
        when=replace(_IN_TWO, children=(WEST, replace(EAST, label=ParcelLabel("the rest")))),
        refused=(parcels_are_of_the_unit, new_labels_are_free, labels_follow_the_grammar),
    ),
    Example(
        title="a strip as wide as a hand, with figures that do not fit it, is no field",
        given=replace(
            SKETCHED,
            survey=replace(
                DRAWN,
                children_m2=(Decimal("0.80"), Decimal("4009.20")),
                narrowest_m=Decimal("0.20"),
                overlap_m2=Decimal("0.40"),
            ),
        ),
        when=replace(
            _IN_TWO, children=(WEST, replace(EAST, area=Area(Decimal("2400.0000"), "0.2400", "hectare")))
        ),
        refused=(
            children_fill_the_parent,
            no_child_is_a_splinter,
            recorded_areas_balance,
            recorded_areas_agree_with_shapes,
        ),
    ),
    Example(
        title="Rajasthan numbers no parts that one khata keeps",
        given=SKETCHED,
        when=_IN_TWO,
        state="rj",
        refused=(parts_are_numbered_here,),
    ),
    Example(
        title="a parcel without a map is surveyed before it is divided",
        given=SISTERS,
        when=_IN_TWO,
        refused=(shapes_are_measured,),
    ),
)
