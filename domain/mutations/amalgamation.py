"""Amalgamation: adjoining parcels of one unit become one parcel.

The parcels are retired, the new one names them all as predecessors, and what lay on any of them lies on it.  Where
they were once one field and are all there again, the state's manner of numbering may give back the old number; the
id is new all the same, for the old parcel stays in the record as it was divided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, Rule, State, check, rule
from domain.law import Law
from domain.mutations._parcels import (
    DRAWN,
    MEASURED,
    REORDERING,
    SKETCH,
    Child,
    Sketch,
    children_fill_the_parent,
    ids_of,
    labels_are_free_or_freed,
    labels_follow_the_grammar,
    parcels_are_of_the_unit,
    recorded_areas_agree_with_shapes,
    recorded_areas_balance,
    retired,
    shapes_of,
    successor,
    with_parcels,
)
from domain.mutations._shared import FIELD, GARDEN, KHATA, NOTHING_BARS, SISTERS, all_named_exist, parcel
from domain.numbering import grammar_of, plain
from domain.quantities import Area
from domain.record import Record, Restriction
from domain.values import Digest, ParcelLabel, Permission

TYPE = "mutation.amalgamation/1"
TITLE = {
    "en": "Amalgamation of parcels",
    "hi": "भूखण्डों का एकीकरण",
    "te": "భూభాగాల విలీనం",
    "mr": "भूखंडांचे एकत्रीकरण",
    "kn": "ಜಮೀನುಗಳ ಒಗ್ಗೂಡಿಸುವಿಕೆ",
}
PROCEDURE = Procedure(
    nature="division",
    applicants=("holder", "survey-department"),
    papers=("sketch",),
    verified_by="surveyor",
    decided_by=("survey-officer", "tahsildar"),
    notice="unregistered",
    numbering="re-union",
)

NUMBERING = Citation("Rajasthan Land Revenue (Land Records) Rules 1957", "r. 60; the like rule of each state")


@dataclass(frozen=True, kw_only=True)
class Application:
    """Parcels of one unit and the parcel that they become."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    merged: Child
    sketch: Sketch
    former: tuple[ParcelId, ...] = ()
    """Where all of them are parts of one field of before: that field first, then what it passed through."""
    permissions: tuple[Permission, ...] = ()

    def retires(self) -> tuple[ParcelId, ...]:
        return self.parcels

    def born(self) -> tuple[Child, ...]:
        return (self.merged,)

    def frees(self) -> tuple[ParcelId, ...]:
        return self.parcels


def _of_today(standing: Rule) -> Rule:
    """The rule, asked of what stands: the field of before is named for its number only."""
    return replace(standing, holds=lambda a, record, law: standing.holds(replace(a, former=()), record, law))


@rule(
    "at least two parcels are merged",
    source=NUMBERING,
    remedy="Name every parcel that becomes part of the new one.",
)
def there_are_several(a: Application, record: Record, law: Law) -> Answer:
    return len(a.parcels) >= 2


@rule(
    "the parcels adjoin each other",
    source=NUMBERING,
    remedy="Merge only parcels that share a boundary; a meeting of corners is none.",
)
def parcels_adjoin(a: Application, record: Record, law: Law) -> Answer:
    pieces = record.survey.pieces if record.survey else 1
    return pieces <= 1 or Broken("they lie in {count} pieces", count=pieces)


@rule(
    "the parcels are of one class of land and put to one use",
    source=NUMBERING,
    remedy="Have the class or the use of the one changed first, if the law allows it.",
)
def parcels_are_alike(a: Application, record: Record, law: Law) -> Answer:
    found = {(record.parcels[p].land_class, record.parcels[p].use) for p in a.parcels}
    return len(found) == 1 or Broken("; ".join(sorted(f"{c}, {use}" for c, use in found)))


@rule(
    "parcels that come from one field name it",
    source=NUMBERING,
    remedy="Name the field in `former`, so that it can be seen whether it is whole again.",
)
def the_field_of_before_is_named(a: Application, record: Record, law: Law) -> Answer:
    origins = {record.parcels[p].predecessors for p in a.parcels}
    together = len(origins) == 1 and len(one := origins.pop()) == 1 and one[0] not in a.former
    return Broken(one[0]) if together else True


@rule(
    "the field of before and what it passed through are retired, and lead to the parcels",
    source=NUMBERING,
    remedy="Name the parcels of before as the history of each parcel shows them, the undivided field first.",
)
def the_field_of_before_leads_here(a: Application, record: Record, law: Law) -> Answer:
    strange = [p for p in a.former if record.parcels[p].status == "active"]
    if a.former:
        reached = _descent(a, record)
        strange += [p for p in a.parcels if p not in reached]
    return Broken(", ".join(strange)) if strange else True


@rule(
    "a field that is whole again bears its old number, where the state's manner of numbering restores it",
    source=NUMBERING,
    remedy="Give the parcel the number that the field bore before it was divided.",
)
def the_old_number_is_restored(a: Application, record: Record, law: Law) -> Answer:
    restored = _restored(a, record, law)
    return (
        restored is None
        or plain(a.merged.label) == plain(restored)
        or Broken("it was {label}", label=restored)
    )


def _restored(a: Application, record: Record, law: Law) -> str | None:
    """The number of the field that is whole again, if the state's grammar gives it back."""
    labels = [record.parcels[p].label for p in a.parcels]
    grammar = grammar_of(law.state)
    if not a.former or _descent(a, record) != set(a.parcels) or not all(map(grammar.fits, labels)):
        return None
    given = grammar.merge_label(labels, was_one_field_before=True)
    field = record.parcels[a.former[0]].label
    return field if given is not None and plain(given) == plain(field) else None


def _descent(a: Application, record: Record) -> set[ParcelId]:
    """What stands today of the field of before: where its successors lead, through the parcels that are named."""
    todo, seen, found = [a.former[0]], set[ParcelId](), set[ParcelId]()
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        if here in a.former:
            todo += record.parcels[here].successors
        else:
            found.add(here)
    return found


RULES = (
    all_named_exist,
    *(_of_today(standing) for standing in REORDERING if standing is not all_named_exist),
    _of_today(NOTHING_BARS["division"]),
    parcels_are_of_the_unit,
    there_are_several,
    parcels_adjoin,
    parcels_are_alike,
    the_field_of_before_is_named,
    the_field_of_before_leads_here,
    the_old_number_is_restored,
    *MEASURED,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Parcels of a unit became one."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    merged: Child


def decide(application: Application, record: Record, law: Law) -> Event:
    """The merger, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, parcels=application.parcels, merged=application.merged)


shapes = shapes_of


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels as they are retired, the one that they became, and the unit that lists it."""
    parcels, born = [record.parcels[p] for p in event.parcels], ids_of([event.merged])
    return (
        *(retired(p, born) for p in parcels),
        successor(event.merged, parcels, event.unit),
        with_parcels(record.units[event.unit], event.parcels, born),
    )


WORDING = {
    "en": "Parcels {parcels} of holding {unit} merged into {merged}.",
    "hi": "खाता {unit} के भूखण्ड {parcels} का एकीकरण; नया भूखण्ड {merged}।",
    "te": "ఖాతా {unit} లోని భూభాగాలు {parcels} విలీనమై {merged} అయినవి.",
    "mr": "खाते {unit} मधील भूखंड {parcels} यांचे एकत्रीकरण होऊन {merged}.",
    "kn": "ಖಾತೆ {unit} ರ ಜಮೀನುಗಳು {parcels} ಒಗ್ಗೂಡಿ {merged} ಆಗಿವೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "unit": record.units[event.unit].label,
        "parcels": ", ".join(record.parcels[p].label for p in event.parcels),
        "merged": event.merged.label,
    }


_WEST, _EAST = ParcelId("999101-000201"), ParcelId("999101-000202")
_DIVIDED = replace(
    SISTERS.with_states(
        replace(SISTERS.parcels[FIELD], status="retired", successors=(_WEST, _EAST)),
        replace(
            parcel(_WEST, "101/1", "0.1500"),
            predecessors=(FIELD,),
            restrictions=(Restriction(kind="lis-pendens", since=4),),
        ),
        replace(parcel(_EAST, "101/2", "0.2500"), predecessors=(FIELD,)),
        replace(SISTERS.units[KHATA], parcels=(GARDEN, _WEST, _EAST)),
    ),
    survey=replace(
        DRAWN, parents_m2=(Decimal("1503.00"), Decimal("2507.00")), children_m2=(Decimal("4010.00"),)
    ),
)
"""The sisters' field 101, of before divided into 101/1 and 101/2."""
_RESTORED = Application(
    unit=KHATA,
    parcels=(_WEST, _EAST),
    former=(FIELD,),
    merged=Child(
        id=ParcelId("999101-000903"),
        label=ParcelLabel("101"),
        area=Area(Decimal("4000.0000"), "0.4000", "hectare"),
        geometry=Digest("C" * 42 + "A="),
    ),
    sketch=SKETCH,
)
_WITH_THE_GARDEN = replace(
    _RESTORED,
    parcels=(_EAST, GARDEN),
    former=(),
    merged=replace(
        _RESTORED.merged,
        label=ParcelLabel("102"),
        area=Area(Decimal("3750.0000"), "0.3750", "hectare"),
    ),
)
_MEASURED_WITH_THE_GARDEN = replace(
    DRAWN,
    parent_m2=Decimal("3760.00"),
    parents_m2=(Decimal("2507.00"), Decimal("1253.00")),
    children_m2=(Decimal("3760.00"),),
)

EXAMPLES = (
    Example(
        title="a field that is whole again gets its number back, and bears what lay on a part",
        given=_DIVIDED,
        when=_RESTORED,
        state="rj",
        then={
            _WEST: {"status": "retired", "successors": ["999101-000903"]},
            "999101-000903": {
                "label": "101",
                "predecessors": [_WEST, _EAST],
                "restrictions": [Restriction(kind="lis-pendens", since=4).doc()],
            },
            KHATA: {"parcels": [GARDEN, "999101-000903"]},
        },
    ),
    Example(
        title="neighbouring fields become one, which takes the number of the one",
        given=replace(
            _DIVIDED,
            survey=_MEASURED_WITH_THE_GARDEN,
            labels={("999101", "parcel", "102"): str(GARDEN)},
        ),
        when=_WITH_THE_GARDEN,
        state="mh",
        then={"999101-000903": {"label": "102", "area_m2": "3750.0000"}, GARDEN: {"status": "retired"}},
    ),
    Example(
        title="a field that is whole again is not given another number",
        given=_DIVIDED,
        when=replace(_RESTORED, merged=replace(_RESTORED.merged, label=ParcelLabel("300"))),
        state="rj",
        refused=(the_old_number_is_restored,),
    ),
    Example(
        title="parts of one field name it, and are merged with nothing else but what they are",
        given=_DIVIDED.with_states(replace(_DIVIDED.parcels[_EAST], use="orchard")),
        when=replace(
            _RESTORED,
            former=(),
            merged=replace(_RESTORED.merged, area=Area(Decimal("4200.0000"), "0.4200", "hectare")),
        ),
        refused=(
            parcels_are_alike,
            the_field_of_before_is_named,
            recorded_areas_balance,
            recorded_areas_agree_with_shapes,
        ),
    ),
    Example(
        title="fields that lie apart, one of them stayed, with a field of before that never held them",
        given=replace(
            _DIVIDED.with_states(
                replace(_DIVIDED.parcels[GARDEN], restrictions=(Restriction(kind="stay", since=9),))
            ),
            survey=replace(_MEASURED_WITH_THE_GARDEN, pieces=2, gap_m2=Decimal("1253.00")),
            labels={("999101", "parcel", "11 B"): "999101-000011"},
        ),
        when=replace(
            _WITH_THE_GARDEN,
            former=(FIELD,),
            merged=replace(_WITH_THE_GARDEN.merged, label=ParcelLabel("11 B")),
        ),
        refused=(
            labels_are_free_or_freed,
            labels_follow_the_grammar,
            NOTHING_BARS["division"],
            parcels_adjoin,
            the_field_of_before_leads_here,
            children_fill_the_parent,
        ),
    ),
    Example(
        title="a field of before that nobody knows is told first",
        given=_DIVIDED,
        when=replace(_RESTORED, former=(ParcelId("999101-000999"),)),
        refused=(all_named_exist,),
    ),
    Example(
        title="one parcel alone, of another khata, is no merger",
        given=replace(
            _DIVIDED.with_states(replace(_DIVIDED.parcels[GARDEN], unit=UnitId("999101-U000099"))),
            survey=replace(
                DRAWN,
                parent_m2=Decimal("1253.00"),
                parents_m2=(Decimal("1253.00"),),
                children_m2=(Decimal("1253.00"),),
            ),
        ),
        when=replace(
            _WITH_THE_GARDEN,
            parcels=(GARDEN,),
            merged=replace(_WITH_THE_GARDEN.merged, area=Area(Decimal("1250.0000"), "0.1250", "hectare")),
        ),
        refused=(parcels_are_of_the_unit, there_are_several),
    ),
)
