"""Acquisition: the state takes land for a public purpose and pays for it: whole parcels, or a strip cut from one.

Possession has been taken under an award.  The land enters the state's unit free of what bound the holders; the
lenders, whom the order names, are paid out of the award.  Where a strip is cut, the parcel is retired, its parts name
it as their predecessor, and the part that is left stays in the holders' unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import CHARGE, charged
from domain.mutations._orders import COLLECTORS_ORDER, restricted
from domain.mutations._parcels import (
    MEASURED,
    Child,
    children_fill_the_parent,
    ids_of,
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
    RECORD_LAW,
    SISTERS,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.mutations._vesting import (
    FOR_THE_ROAD,
    STATES_KHATA,
    VESTING,
    Received,
    Receiver,
    charge_holders_are_heard,
    left_behind,
    received,
    states_unit,
    the_class_is_the_governments,
    the_land_is_of_the_unit,
    the_land_is_private,
    vested,
)
from domain.quantities import Area
from domain.record import Parcel, Record
from domain.survey import Survey
from domain.values import Code, Deed, Digest, EntryRef, ParcelLabel

TYPE = "mutation.acquisition/1"
TITLE = {
    "en": "Acquisition by the state",
    "hi": "भूमि अर्जन",
    "te": "భూసేకరణ",
    "mr": "भूसंपादन",
    "kn": "ಭೂಸ್ವಾಧೀನ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("authority",),
    papers=("award", "possession-memo", "sketch"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="notice-free",
    numbering="children",
    two_officers=True,
)
READS_PARCELS = False  # a unit of the state may have hundreds of parcels, and none of them matters here

ACQUISITION = Citation(
    "Right to Fair Compensation and Transparency in Land Acquisition, Rehabilitation and Resettlement Act 2013",
    "s. 38",
)


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A parcel that is cut: the parts that the state takes, and those that are left to the holders."""

    parent: ParcelId
    taken: tuple[Child, ...]
    left: tuple[Child, ...]


@dataclass(frozen=True, kw_only=True)
class Application:
    """An acquisition as the award and the possession memo state it."""

    unit: UnitId
    receiver: Receiver
    land_class: Code
    use: Code
    award: Deed
    possession: date
    """The day on which possession was taken."""
    parcels: tuple[ParcelId, ...] = ()
    """Those that are taken as they are."""
    strip: Strip | None = None
    charges_met: tuple[EntryRef, ...] = ()
    """Every charge on the unit, by its details: the lenders whom the award names."""

    def retires(self) -> tuple[ParcelId, ...]:
        return (self.strip.parent,) if self.strip else ()

    def born(self) -> tuple[Child, ...]:
        return (*self.strip.taken, *self.strip.left) if self.strip else ()


@rule(
    "a strip that is cut leaves land to the holders",
    source=RECORD_LAW,
    remedy="Name the parcel as a whole where all of it is taken; else give the parts taken and those left.",
    first=True,
)
def a_cut_has_two_sides(a: Application, record: Record, law: Law) -> Answer:
    return a.strip is None or (bool(a.strip.taken) and bool(a.strip.left))


@rule(
    "possession has been taken under an award that was made before",
    source=ACQUISITION,
    remedy="Record the acquisition when possession has been taken; until then note the notified acquisition.",
)
def possession_has_been_taken(a: Application, record: Record, law: Law) -> Answer:
    if a.possession > law.day:
        return Broken("possession is dated {day}", day=a.possession)
    return a.award.made <= a.possession or Broken("the award is of {day}", day=a.award.made)


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    a_cut_has_two_sides,
    *VESTING,
    *MEASURED,
    possession_has_been_taken,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Land was acquired; ``award`` commits to the award."""

    unit: UnitId
    receiver: Received
    land_class: Code
    use: Code
    award: EntryRef
    possession: date
    parcels: tuple[ParcelId, ...]
    strip: Strip | None
    charges_met: tuple[EntryRef, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The acquisition, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        receiver=received(a.receiver),
        land_class=a.land_class,
        use=a.use,
        award=EntryRef(a.award.commitment),
        possession=a.possession,
        parcels=a.parcels,
        strip=a.strip,
        charges_met=a.charges_met,
    )


def shapes(application: Application) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision: the parcel that is cut and the shapes of its parts."""
    return shapes_of(application)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The land in the state's unit, the parcel that was cut with its parts, and what remains of the holders' unit."""
    unit = record.units[event.unit]
    into = states_unit(event.receiver, unit, record)
    cut, taken, left = _cut(event, record, into.id)
    whole = [vested(record.parcels[p], into.id, event.land_class, event.use) for p in event.parcels]
    remaining = with_parcels(unit, [p.id for p in cut], [p.id for p in left])
    gained = [p.id for p in (*whole, *taken)]
    return (
        *whole,
        *cut,
        *taken,
        *left,
        left_behind(remaining, event.parcels),
        replace(into, parcels=(*into.parcels, *gained)),
    )


def _cut(event: Event, record: Record, into: UnitId) -> tuple[list[Parcel], list[Parcel], list[Parcel]]:
    """The parcel that is retired, its parts in the state's unit, and those that are left to the holders."""
    if event.strip is None:
        return [], [], []
    parent, parts = record.parcels[event.strip.parent], event.strip
    taken = [successor(c, [parent], into) for c in parts.taken]
    left = [successor(c, [parent], event.unit) for c in parts.left]
    return (
        [retired(parent, ids_of([*parts.taken, *parts.left]))],
        [vested(p, into, event.land_class, event.use) for p in taken],
        left,
    )


WORDING = {
    "en": "{land} of holding {unit} acquired by the state; possession taken on {day}.",
    "hi": "खाता {unit} का {land} राज्य द्वारा अर्जित; कब्ज़ा दिनांक {day}।",
    "te": "ఖాతా {unit} లోని {land} ప్రభుత్వం సేకరించింది; స్వాధీనం {day}.",
    "mr": "खाते {unit} मधील {land} शासनाने संपादित केले; ताबा दिनांक {day}.",
    "kn": "ಖಾತೆ {unit} ರ {land} ಸರ್ಕಾರದಿಂದ ಸ್ವಾಧೀನ; ಸ್ವಾಧೀನ ದಿನಾಂಕ {day}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = [record.parcels[p].label for p in event.parcels]
    cut = [c.label for c in event.strip.taken] if event.strip else []
    return {
        "land": ", ".join([*labels, *cut]),
        "unit": record.units[event.unit].label,
        "day": event.possession.isoformat(),
    }


_AWARD = replace(COLLECTORS_ORDER, made=date(2026, 9, 14))
_THE_GARDEN = Application(
    unit=KHATA,
    receiver=FOR_THE_ROAD,
    land_class=Code("government"),
    use=Code("road"),
    award=_AWARD,
    possession=date(2026, 11, 3),
    parcels=(GARDEN,),
)
_ROAD, _REST = ParcelId("999101-000901"), ParcelId("999101-000902")
_THE_STRIP = Strip(
    parent=FIELD,
    taken=(
        Child(
            id=_ROAD,
            label=ParcelLabel("101/1"),
            area=Area(Decimal("600.0000"), "0.0600", "hectare"),
            geometry=Digest("A" * 43 + "="),
        ),
    ),
    left=(
        Child(
            id=_REST,
            label=ParcelLabel("101/2"),
            area=Area(Decimal("3400.0000"), "0.3400", "hectare"),
            geometry=Digest("B" * 42 + "A="),
        ),
    ),
)
_A_STRIP = replace(_THE_GARDEN, parcels=(), strip=_THE_STRIP)
_SURVEYED = Survey(
    parent_m2=Decimal("4010.00"),
    children_m2=(Decimal("601.50"), Decimal("3408.50")),
    gap_m2=Decimal("0.00"),
    overlap_m2=Decimal("0.00"),
    outside_m2=Decimal("0.00"),
    narrowest_m=Decimal("7.50"),
    unmatched_edges=0,
    faults=(),
)
_TOO_LARGE = replace(_THE_STRIP.taken[0], area=Area(Decimal("900.0000"), "0.0900", "hectare"))

EXAMPLES = (
    Example(
        title="the garden is acquired for a road",
        given=SISTERS,
        when=_THE_GARDEN,
        then={
            GARDEN: {"unit": STATES_KHATA, "class": "government", "use": "road"},
            KHATA: {"parcels": [FIELD], "status": "active"},
            STATES_KHATA: {"parcels": [GARDEN], "label": "900"},
        },
    ),
    Example(
        title="a strip of the mortgaged tribal field is cut for the road; the bank is paid from the award",
        given=replace(charged(restricted("tribal-land", None)), survey=_SURVEYED),
        when=replace(_A_STRIP, charges_met=(CHARGE,)),
        then={
            FIELD: {"status": "retired", "successors": [_ROAD, _REST]},
            _ROAD: {"unit": STATES_KHATA, "area_m2": "600.0000", "restrictions": []},
            _REST: {
                "unit": KHATA,
                "predecessors": [FIELD],
                "restrictions": [{"kind": "tribal-land", "since": 7, "on": None, "details": None}],
            },
            KHATA: {"parcels": [GARDEN, _REST]},
            STATES_KHATA: {"parcels": [_ROAD]},
        },
    ),
    Example(
        title="when all of a mortgaged khata is taken, it closes and its charge goes over to the award",
        given=charged(),
        when=replace(_THE_GARDEN, parcels=(FIELD, GARDEN), charges_met=(CHARGE,)),
        then={KHATA: {"status": "closed", "parcels": [], "charges": []}},
    ),
    Example(
        title="a lender passed over, possession before the award, and an award of a day to come",
        given=charged(),
        when=replace(_THE_GARDEN, award=replace(_AWARD, made=date(2026, 12, 1))),
        refused=(papers_are_not_of_the_future, charge_holders_are_heard, possession_has_been_taken),
    ),
    Example(
        title="a strip whose figures do not balance, and whose shapes leave a gap, is sent back",
        given=replace(SISTERS, survey=replace(_SURVEYED, gap_m2=Decimal("4.00"))),
        when=replace(_A_STRIP, strip=replace(_THE_STRIP, taken=(_TOO_LARGE,))),
        refused=(
            children_fill_the_parent,
            recorded_areas_balance,
            recorded_areas_agree_with_shapes,
        ),
    ),
    Example(
        title="a strip is not cut before it is measured, nor under a stay",
        given=restricted("stay", None),
        when=_A_STRIP,
        refused=(NOTHING_BARS["authority"], shapes_are_measured),
    ),
    Example(
        title="the government does not acquire what it holds, nor what belongs to another, nor nothing",
        given=SISTERS.with_states(replace(SISTERS.parcels[GARDEN], land_class="government")),
        when=replace(_THE_GARDEN, parcels=(GARDEN, GARDEN), land_class=Code("private")),
        refused=(the_land_is_private, the_land_is_of_the_unit, the_class_is_the_governments),
    ),
    Example(
        title="a cut that leaves nothing is no cut",
        given=SISTERS,
        when=replace(_A_STRIP, strip=replace(_THE_STRIP, left=())),
        refused=(a_cut_has_two_sides,),
    ),
)
