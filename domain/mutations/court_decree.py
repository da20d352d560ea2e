"""Court decree: what a civil court decided about shares or parcels of a unit is carried out on the record.

The decree names everybody who holds from now on, with their shares: of the whole unit, or of parcels that leave it
for a new one.  Charges and orders that lay on a share go on lying on it, whoever holds it after the decree; where
shares are no longer the ones that were charged, a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import CHARGE, charged
from domain.mutations._orders import INJUNCTION, restricted
from domain.mutations._people import (
    CHANGED_SHARE,
    PEOPLE,
    Person,
    PersonRef,
    can_be_written,
    holders_named_stand,
    minorities,
    pass_on,
    passed,
    ref_of,
    rehung,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    RECORD_LAW,
    SISTERS,
    STANDING,
    NewUnit,
    papers_are_not_of_the_future,
    without,
)
from domain.quantities import WHOLE, Share, format_share
from domain.record import Commitment, Holding, Parcel, Record, Unit
from domain.values import Cnr, CourtOrder, EntryRef, Permission, UnitLabel

TYPE = "mutation.court-decree/1"
TITLE = {
    "en": "Decree of a court",
    "hi": "न्यायालय की डिक्री",
    "te": "న్యాయస్థానం డిక్రీ",
    "mr": "न्यायालयाचा हुकूमनामा",
    "kn": "ನ್ಯಾಯಾಲಯದ ಡಿಕ್ರಿ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("decree-holder", "court"),
    papers=("decree", "affidavit"),
    verified_by="court-reader",
    decided_by=("tahsildar", "sub-divisional-officer"),
    notice="hearing",
    two_officers=True,
)

DECREES = Citation("Code of Civil Procedure 1908", "s. 38 and O. XXI; s. 54 for a partition")


@dataclass(frozen=True, kw_only=True)
class Decreed:
    """Who holds after the decree, and what share of the unit that it is about."""

    person: Person
    share: Share


@dataclass(frozen=True, kw_only=True)
class Application:
    """A decree as its certified copy states it."""

    unit: UnitId
    decree: CourtOrder
    holders: tuple[Decreed, ...]
    """All who hold after it: of the unit, or of the new unit that its parcels go to."""
    parcels: tuple[ParcelId, ...] = ()
    new_unit: NewUnit | None = None
    cnr: Cnr | None = None
    permissions: tuple[Permission, ...] = ()

    def people(self) -> tuple[Person, ...]:
        return tuple(h.person for h in self.holders)


@rule(
    "the decree is about shares of the unit, or about parcels that go to a new one",
    source=RECORD_LAW,
    remedy="Name parcels and a new unit for them, or neither.",
    first=True,
)
def it_says_what_is_decreed(a: Application, record: Record, law: Law) -> Answer:
    return bool(a.parcels) == (a.new_unit is not None)


@rule(
    "each parcel that is decreed belongs to the unit, and is named once",
    source=DECREES,
    remedy="Name the unit that holds the parcel today.",
)
def parcels_belong_to_the_unit(a: Application, record: Record, law: Law) -> Answer:
    strange = [p for p in a.parcels if record.parcels[p].unit != a.unit]
    twice = len(set(a.parcels)) != len(a.parcels)
    return Broken(", ".join(strange) or "a parcel is named twice") if strange or twice else True


@rule(
    "the shares that are decreed add up to one, and can be written",
    source=RECORD_LAW,
    remedy="Give everybody who holds after the decree, those whose share it leaves as it was among them.",
)
def decreed_shares_add_up(a: Application, record: Record, law: Law) -> Answer:
    added = sum((h.share for h in a.holders), Fraction(0))
    if added != WHOLE:
        return Broken("they add up to {sum}", sum=format_share(added))
    return can_be_written(h.share for h in a.holders)


@rule(
    "the decree changes the record",
    source=DECREES,
    remedy="Nothing is to be carried out: the record shows these shares. Have the note of the suit removed.",
)
def something_changes(a: Application, record: Record, law: Law) -> Answer:
    if a.parcels:
        return True
    before = {h.party: h.share for h in record.units[a.unit].shares}
    return before != {h.person.ref: h.share for h in a.holders}


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    it_says_what_is_decreed,
    *PEOPLE,
    parcels_belong_to_the_unit,
    decreed_shares_add_up,
    something_changes,
)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A holder after the decree in the log: commitments alone."""

    by: PersonRef
    share: Share


@dataclass(frozen=True, kw_only=True)
class Event:
    """A decree was carried out; ``decree`` commits to it."""

    unit: UnitId
    decree: EntryRef
    shares: tuple[Held, ...]
    parcels: tuple[ParcelId, ...]
    new_unit: NewUnit | None
    cnr: Cnr | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """The carrying out, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        decree=EntryRef(a.decree.commitment),
        shares=tuple(Held(by=ref_of(h.person), share=h.share) for h in a.holders),
        parcels=a.parcels,
        new_unit=a.new_unit,
        cnr=a.cnr,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the shares decreed, or the parcels in a new unit with theirs."""
    unit = record.units[event.unit]
    decreed = [(str(h.by.within(unit)), h.share) for h in event.shares]
    people = [h.by for h in event.shares]
    if not event.parcels:
        after, *parcels = _shares_decreed(unit, decreed, record)
        return (minorities(after, people), *parcels)
    opened = _new_unit(event, unit, decreed)
    all_of_them = [h.party for h in unit.shares]
    takers = [who for who, _ in decreed]
    moved = (rehung(record.parcels[p], all_of_them, opened, takers) for p in event.parcels)
    return (
        minorities(replace(opened, parcels=event.parcels), people),
        *(replace(p, unit=opened.id) for p in moved),
        without(unit, event.parcels),
    )


def _shares_decreed(
    unit: Unit, decreed: Sequence[tuple[Commitment, Share]], record: Record
) -> tuple[Unit, *tuple[Parcel, ...]]:
    """The unit, and those of its parcels on which something lay on a holder who lost."""
    after = dict(decreed)
    if unit.shares_determined:
        before = {h.party: unit.share_of(h.party) for h in unit.shares}
        given: dict[Commitment, Share | None] = {
            who: share - after.get(who, Fraction(0))
            for who, share in before.items()
            if after.get(who, Fraction(0)) < share
        }
        gains = [(who, s - before.get(who, Fraction(0))) for who, s in decreed]
        won = [(who, gain) for who, gain in gains if gain > 0]
    else:  # what each had was not known: what lay on those who go lies on all who hold now
        given = {h.party: None for h in unit.shares if h.party not in after}
        won = list(decreed)
    total = sum((gain for _, gain in won), Fraction(0))
    passing = pass_on(record, unit, given, [(who, gain / total) for who, gain in won])
    became = next(s for s in passing if isinstance(s, Unit))
    parcels = tuple(s for s in passing if isinstance(s, Parcel))
    return (replace(became, shares=tuple(Holding(who, share) for who, share in decreed)), *parcels)


def _new_unit(event: Event, unit: Unit, decreed: Sequence[tuple[Commitment, Share]]) -> Unit:
    new = event.new_unit
    if new is None or new.id is None:
        raise ValueError("a new unit has its id before it is applied")  # `complete` has seen to it
    opened = replace(unit, id=new.id, label=new.label, parcels=(), pending=())
    carried = passed(opened, {h.party: None for h in unit.shares}, decreed)
    return replace(carried, shares=tuple(Holding(who, share) for who, share in decreed))


WORDING = {
    "en": "Decree of a court carried out: {what} of holding {unit}, {holders} holder(s). {cnr}",
    "hi": "न्यायालय की डिक्री का पालन: खाता {unit} का {what}, खातेदार {holders}। {cnr}",
    "te": "న్యాయస్థానం డిక్రీ అమలు: ఖాతా {unit} లో {what}, హక్కుదారులు {holders}. {cnr}",
    "mr": "न्यायालयाच्या हुकूमनाम्याची अंमलबजावणी: खाते {unit} मधील {what}, खातेदार {holders}. {cnr}",
    "kn": "ನ್ಯಾಯಾಲಯದ ಡಿಕ್ರಿ ಜಾರಿ: ಖಾತೆ {unit} ರ {what}, ಖಾತೆದಾರರು {holders}. {cnr}",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = ", ".join(record.parcels[p].label for p in event.parcels if p in record.parcels)
    return {
        "what": labels or format_share(WHOLE),
        "unit": record.units[event.unit].label,
        "holders": str(len(event.shares)),
        "cnr": f"CNR {event.cnr}" if event.cnr else "",
    }


_DECREE = replace(INJUNCTION, made=date(2026, 11, 12))
_HALF = Fraction(1, 2)
_RAVINA_HALF = Decreed(person=Person(holder=RAVINA.commitment), share=_HALF)
_MEENA_HALF = Decreed(person=Person(party=MEENA), share=_HALF)
_HALVES = Application(
    unit=KHATA,
    decree=_DECREE,
    holders=(Decreed(person=Person(holder=ASHA.commitment), share=_HALF), _RAVINA_HALF),
)
_ASHA_LOSES = replace(_HALVES, holders=(_RAVINA_HALF, _MEENA_HALF))
_THE_GARDEN = replace(
    _HALVES,
    holders=(Decreed(person=Person(party=MEENA), share=WHOLE),),
    parcels=(GARDEN,),
    new_unit=NewUnit(label=UnitLabel("46"), id=UnitId("999101-U000046")),
)


def _mortgage(on: Commitment) -> dict[str, int | str | None]:
    return {"kind": "mortgage", "rank": 1, "since": 7, "on": on, "details": CHARGE}


EXAMPLES = (
    Example(
        title="the court finds that the sisters hold half and half",
        given=SISTERS,
        when=_HALVES,
        then={
            KHATA: {
                "shares": [
                    {"party": ASHA.commitment, "num": 1, "den": 2},
                    {"party": RAVINA.commitment, "num": 1, "den": 2},
                ]
            }
        },
    ),
    Example(
        title="Asha loses her third to a stranger who wins half: her loan follows the land, and a note says so",
        given=charged(on=ASHA.commitment),
        when=_ASHA_LOSES,
        then={
            KHATA: {
                "charges": [{**_mortgage(MEENA.commitment)}],
                "restrictions": [
                    {"kind": "lenders-consent", "since": 7, "on": MEENA.commitment, "details": CHARGE},
                    {"kind": CHANGED_SHARE, "since": None, "on": MEENA.commitment, "details": CHARGE},
                ],
            }
        },
    ),
    Example(
        title="the garden is decreed to a stranger and leaves the khata",
        given=SISTERS,
        when=_THE_GARDEN,
        then={
            GARDEN: {"unit": "999101-U000046"},
            KHATA: {"parcels": [FIELD]},
            "999101-U000046": {"shares": [{"party": MEENA.commitment, "num": 1, "den": 1}]},
        },
    ),
    Example(
        title="shares that nobody had determined are decreed",
        given=SISTERS.with_states(
            replace(
                SISTERS.units[KHATA],
                shares=(Holding(ASHA.commitment, None), Holding(RAVINA.commitment, None)),
            )
        ),
        when=_HALVES,
        then={KHATA: {"shares_determined": True}},
    ),
    Example(
        title="a decree of a day to come, for more than the whole, is sent back with both reasons",
        given=SISTERS,
        when=replace(
            _HALVES,
            decree=replace(_DECREE, made=date(2027, 1, 1)),
            holders=(*_HALVES.holders, _MEENA_HALF),
        ),
        refused=(papers_are_not_of_the_future, decreed_shares_add_up),
    ),
    Example(
        title="a decree is not carried out against another court's stay",
        given=restricted("stay", None, parcel=None),
        when=_HALVES,
        refused=(NOTHING_BARS["authority"],),
    ),
    Example(
        title="a decree that finds what the record shows changes nothing",
        given=SISTERS,
        when=replace(
            _HALVES,
            holders=tuple(
                Decreed(person=Person(holder=p.commitment), share=s)
                for p, s in ((ASHA, Fraction(1, 3)), (RAVINA, Fraction(2, 3)))
            ),
        ),
        refused=(something_changes,),
    ),
    Example(
        title="a parcel named twice, and a holder who stands nowhere",
        given=SISTERS,
        when=replace(
            _THE_GARDEN,
            parcels=(GARDEN, GARDEN),
            holders=(Decreed(person=Person(holder=MEENA.commitment), share=WHOLE),),
        ),
        refused=(holders_named_stand, parcels_belong_to_the_unit),
    ),
    Example(
        title="parcels go to a new unit",
        given=SISTERS,
        when=replace(_THE_GARDEN, new_unit=None),
        refused=(it_says_what_is_decreed,),
    ),
)
