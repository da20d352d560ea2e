"""Grant: the state gives land of its own to holders, by assignment to the landless or by another grant on conditions.

The parcels leave the state's unit for one of the grantees', in a class that is no longer the government's.  The
condition of the grant is entered on each parcel and stays with it, whoever holds it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.kit import (
    GOVERNMENT_CLASSES,
    Answer,
    Broken,
    Citation,
    Example,
    Procedure,
    State,
    check,
    rule,
)
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._charges import LEASE, charged
from domain.mutations._conveyance import Taken, Taker, taken
from domain.mutations._orders import COLLECTORS_ORDER, restricted, the_tenure_is_known
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RECORD_LAW,
    SISTERS,
    STANDING,
    NewUnit,
    papers_are_not_of_the_future,
    states_concerned,
    without,
)
from domain.quantities import WHOLE, format_share
from domain.record import Holding, Record, Restriction, Unit
from domain.restrictions import CONDITIONAL, barred
from domain.values import Code, Deed, EntryRef, Permission, UnitLabel

TYPE = "mutation.grant/1"
TITLE = {
    "en": "Grant of government land",
    "hi": "शासकीय भूमि का आवंटन",
    "te": "ప్రభుత్వ భూమి కేటాయింపు",
    "mr": "शासकीय जमीन प्रदान",
    "kn": "ಸರ್ಕಾರಿ ಜಮೀನಿನ ಮಂಜೂರಾತಿ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("authority", "grantee"),
    papers=("grant-order", "sketch"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="hearing",
    two_officers=True,
)
READS_PARCELS = False  # a unit of the state may have hundreds of parcels, and only those granted matter

GRANTS = Citation(
    "Andhra Pradesh Assigned Lands (Prohibition of Transfers) Act 1977",
    "s. 2(1); Maharashtra Land Revenue Code 1966, s. 31; the like law of each state",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A grant as the order states it; a part of a parcel is divided off first."""

    unit: UnitId
    """The state's unit."""
    parcels: tuple[ParcelId, ...]
    grantees: tuple[Taker, ...]
    new_unit: NewUnit
    tenure: Code
    land_class: Code
    order: Deed
    condition: Code = Code("assigned-land")  # noqa: RUF009  # a NewType over str
    """The kind of restriction that the grant puts on the land."""
    permissions: tuple[Permission, ...] = ()


@rule(
    "some parcels are named, each once, and all belong to the unit",
    source=RECORD_LAW,
    remedy="Name the state's unit that holds the parcels today.",
)
def the_land_is_of_the_unit(a: Application, record: Record, law: Law) -> Answer:
    strange = [p for p in a.parcels if record.parcels[p].unit != a.unit]
    if not a.parcels or len(set(a.parcels)) != len(a.parcels):
        return Broken("a parcel is named twice" if a.parcels else "none is named")
    return Broken(", ".join(strange)) if strange else True


@rule(
    "nothing that is noted on the land keeps it from being given away, or a permission lifts the bar",
    source=Citation("Landlog", "domain/restrictions.toml, each kind with its own law"),
    remedy="Have the land taken off the list or the bar removed first, or bring the permission that lifts it.",
)
def nothing_noted_bars_the_grant(a: Application, record: Record, law: Law) -> Answer:
    """The government's own tenure is no bar to its grant; what an order has noted on the land is."""
    found = barred(states_concerned(a, record), "transfer", permissions=(p.kind for p in a.permissions))
    return Broken.joined(found) if found else True


@rule(
    "the land is the government's by its class",
    source=GRANTS,
    remedy="The state grants what is its own: acquire or resume the land first.",
)
def the_land_is_the_governments(a: Application, record: Record, law: Law) -> Answer:
    private = [
        record.parcels[p].label for p in a.parcels if record.parcels[p].land_class not in GOVERNMENT_CLASSES
    ]
    return Broken(", ".join(private)) if private else True


@rule(
    "granted land leaves the government's classes",
    source=GRANTS,
    remedy="Give the class in which the grantees hold it; a lease of government land is recorded as a lease.",
)
def the_class_changes(a: Application, record: Record, law: Law) -> Answer:
    return a.land_class not in GOVERNMENT_CLASSES


@rule(
    "the state's unit bears no charge or lease",
    source=RECORD_LAW,
    remedy="End the lease or release the charge first: what is granted is granted free.",
)
def the_land_is_free(a: Application, record: Record, law: Law) -> Answer:
    charges = record.units[a.unit].charges
    return Broken(", ".join(c.kind for c in charges)) if charges else True


@rule(
    "each grantee is named once, and their parts add up to one",
    source=RECORD_LAW,
    remedy="Write each grantee's part; together they make 1.",
)
def grantees_parts_add_up(a: Application, record: Record, law: Law) -> Answer:
    if len({g.party.commitment for g in a.grantees}) != len(a.grantees):
        return Broken("a grantee is named twice")
    added = sum((g.share for g in a.grantees), Fraction(0))
    return added == WHOLE or Broken("they add up to {sum}", sum=format_share(added))


@rule(
    "the condition is one on which the state gives land",
    source=GRANTS,
    remedy=Phrase("Known: {known}.", known=", ".join(sorted(CONDITIONAL))),
)
def the_condition_is_known(a: Application, record: Record, law: Law) -> Answer:
    return a.condition in CONDITIONAL


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    nothing_noted_bars_the_grant,
    the_land_is_of_the_unit,
    the_land_is_the_governments,
    the_class_changes,
    the_land_is_free,
    grantees_parts_add_up,
    the_condition_is_known,
    the_tenure_is_known,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Government land was granted; ``order`` commits to the order."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    grantees: tuple[Taken, ...]
    new_unit: NewUnit
    tenure: Code
    land_class: Code
    order: EntryRef
    condition: Code


def decide(application: Application, record: Record, law: Law) -> Event:
    """The grant, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        parcels=a.parcels,
        grantees=taken(a.grantees),
        new_unit=a.new_unit,
        tenure=a.tenure,
        land_class=a.land_class,
        order=EntryRef(a.order.commitment),
        condition=a.condition,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The grantees' unit, the parcels in it with the condition on each, and what remains of the state's."""
    unit = record.units[event.unit]
    granted = _grantees_unit(event, unit)
    condition = Restriction(kind=event.condition, details=event.order)
    parcels = (
        replace(
            record.parcels[p],
            unit=granted.id,
            land_class=event.land_class,
            restrictions=(*record.parcels[p].restrictions, condition),
        )
        for p in event.parcels
    )
    return (*parcels, without(unit, event.parcels), granted)


def _grantees_unit(event: Event, unit: Unit) -> Unit:
    if event.new_unit.id is None:
        raise ValueError("a new unit has its id before it is applied")  # `complete` has seen to it
    return Unit(
        id=event.new_unit.id,
        village=unit.village,
        office=unit.office,
        label=event.new_unit.label,
        tenure=event.tenure,
        parcels=event.parcels,
        shares=tuple(Holding(g.party, g.share) for g in event.grantees),
    )


WORDING = {
    "en": "{parcels} granted to {grantees} grantee(s), holding {unit}.",
    "hi": "{parcels} का आवंटन; आवंटी {grantees}, खाता {unit}।",
    "te": "{parcels} కేటాయింపు; లబ్ధిదారులు {grantees}, ఖాతా {unit}.",
    "mr": "{parcels} प्रदान; लाभार्थी {grantees}, खाते {unit}.",
    "kn": "{parcels} ಮಂಜೂರು; ಮಂಜೂರಾತಿದಾರರು {grantees}, ಖಾತೆ {unit}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = ", ".join(record.parcels[p].label for p in event.parcels)
    return {"parcels": labels, "grantees": str(len(event.grantees)), "unit": event.new_unit.label}


_GRANTED = UnitId("999101-U000060")
_TO_MEENA = Application(
    unit=KHATA,
    parcels=(GARDEN,),
    grantees=(Taker(party=MEENA, share=WHOLE),),
    new_unit=NewUnit(label=UnitLabel("60"), id=_GRANTED),
    tenure=Code("assigned"),
    land_class=Code("private"),
    order=COLLECTORS_ORDER,
)


def _the_governments(record: Record = SISTERS) -> Record:
    return record.with_states(*(replace(p, land_class="government") for p in record.parcels.values()))


_STATES_LAND = _the_governments()
_HALF = Taker(party=MEENA, share=Fraction(1, 2))

EXAMPLES = (
    Example(
        title="the landless Meena gets the garden, which may not be passed on without permission",
        given=_STATES_LAND,
        when=_TO_MEENA,
        then={
            GARDEN: {
                "unit": _GRANTED,
                "class": "private",
                "restrictions": [
                    {
                        "kind": "assigned-land",
                        "since": None,
                        "on": None,
                        "details": COLLECTORS_ORDER.commitment,
                    }
                ],
            },
            KHATA: {"parcels": [FIELD], "status": "active"},
            _GRANTED: {"shares": [{"party": MEENA.commitment, "num": 1, "den": 1}], "tenure": "assigned"},
        },
        state="ap",
    ),
    Example(
        title="two grantees get both fields in class 2",
        given=_STATES_LAND,
        when=replace(
            _TO_MEENA,
            parcels=(FIELD, GARDEN),
            grantees=(_HALF, replace(_HALF, party=ASHA)),
            condition=Code("class-2-occupant"),
        ),
        then={KHATA: {"parcels": [], "status": "closed"}, _GRANTED: {"parcels": [FIELD, GARDEN]}},
        state="ap",
    ),
    Example(
        title="private land is not the state's to grant, nor by an order of a day to come",
        given=SISTERS,
        when=replace(_TO_MEENA, order=replace(COLLECTORS_ORDER, made=date(2027, 1, 1))),
        refused=(papers_are_not_of_the_future, the_land_is_the_governments),
        state="ap",
    ),
    Example(
        title="land that is let or listed is not granted before the lease has ended and the list is cleared",
        given=_the_governments(charged(restricted("prohibited-list", None, parcel=GARDEN), kind=LEASE)),
        when=_TO_MEENA,
        refused=(nothing_noted_bars_the_grant, the_land_is_free),
        state="ap",
    ),
    Example(
        title="a grant of half of the land, that stays the government's, on an unknown condition",
        given=_STATES_LAND,
        when=replace(_TO_MEENA, grantees=(_HALF,), land_class=Code("poramboke"), condition=Code("stay")),
        refused=(the_class_changes, grantees_parts_add_up, the_condition_is_known),
        state="ap",
    ),
    Example(
        title="a parcel is granted once",
        given=_STATES_LAND,
        when=replace(_TO_MEENA, parcels=(GARDEN, GARDEN)),
        refused=(the_land_is_of_the_unit,),
        state="ap",
    ),
    Example(
        title="the state knows no such tenure",
        given=_STATES_LAND,
        when=replace(_TO_MEENA, tenure=Code("occupant-class-2")),
        refused=(the_tenure_is_known,),
        state="ap",
    ),
)
