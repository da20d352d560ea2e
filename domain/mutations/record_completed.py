"""Older record completed: what a first registration had to leave open comes later, from the older record itself.

A textual record is registered before its map, or a map before the names: then parcels wait for their shapes, and units
for holders (``holders-incomplete``, which bars dealings).  This order brings what was missing and changes nothing that
stands: ids, labels and recorded areas stay, holders who are named stay, a parcel that has a map keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._examples import restricted, undetermined
from domain.mutations._people import restated
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
    all_named_exist,
)
from domain.mutations.import_ import INCOMPLETE, PRESUMPTION, HeldBy, OldHolder
from domain.quantities import WHOLE, Share, format_share
from domain.record import Holding, Record, Unit
from domain.survey import Survey
from domain.values import Digest, PartyRef, Text

TYPE = "mutation.record-completed/1"
TITLE = {
    "en": "Older record completed",
    "hi": "पुराने अभिलेख की पूर्ति",
    "te": "పాత రికార్డు పూర్తి చేయడం",
    "mr": "जुन्या अभिलेखाची पूर्तता",
    "kn": "ಹಳೆಯ ದಾಖಲೆಯ ಪೂರೈಕೆ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("suo-motu",),
    papers=("older-record",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "survey-officer"),
    notice="unregistered",
    two_officers=True,
)


@dataclass(frozen=True, kw_only=True)
class Staying:
    """A holder whom the record names already, and the share that the older record states."""

    holder: PartyRef
    share: Share | None = None


@dataclass(frozen=True, kw_only=True)
class Named:
    """A unit with all its holders: those whom the record names already, and those who are added."""

    unit: UnitId
    added: tuple[OldHolder, ...]
    staying: tuple[Staying, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A parcel without a map, and its shape."""

    parcel: ParcelId
    geometry: Digest
    """SHA-256 of the shape's canonical geometry bytes."""
    drawn_m2: Decimal


@dataclass(frozen=True, kw_only=True)
class Application:
    """What the older record adds to what was registered from it."""

    source: Text
    """What the older record is, with its day: "Village map of 1987, sheet 2"."""
    units: tuple[Named, ...] = ()
    parcels: tuple[Mapped, ...] = ()


@rule(
    "each unit and each parcel is named once, and there is one at least",
    source=RECORD_LAW,
    remedy="State for each of them what the older record adds, once.",
    first=True,
)
def something_is_completed(a: Application, record: Record, law: Law) -> Answer:
    counts = Counter([*(u.unit for u in a.units), *(p.parcel for p in a.parcels)])
    twice = [identifier for identifier, n in counts.items() if n > 1]
    return Broken(", ".join(twice)) if twice else bool(counts)


@rule(
    "the holders of the unit were left open by the older record",
    source=PRESUMPTION,
    remedy="Where holders stand, a deed, a succession or an order changes them.",
)
def holders_were_open(a: Application, record: Record, law: Law) -> Answer:
    whole = [u.unit for u in a.units if all(r.kind != INCOMPLETE for r in record.units[u.unit].restrictions)]
    return Broken(", ".join(whole)) if whole else True


@rule(
    "every holder whom the record names stays, and each unit has a holder",
    source=PRESUMPTION,
    remedy="Name those who stand in the record beside those who are added; nobody leaves it by this order.",
)
def nobody_leaves(a: Application, record: Record, law: Law) -> Answer:
    wrong = [
        u.unit
        for u in a.units
        if sorted(s.holder for s in u.staying) != sorted(record.units[u.unit].holders)
        or not (u.staying or u.added)
    ]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "the stated shares of a unit add up to one, or none is stated",
    source=PRESUMPTION,
    remedy="Correct the shares from the older record, or leave all of them empty: they count as undetermined.",
)
def completed_shares_add_up(a: Application, record: Record, law: Law) -> Answer:
    wrong = []
    for unit in a.units:
        shares = [*(s.share for s in unit.staying), *(h.share for h in unit.added)]
        stated = [share for share in shares if share is not None]
        if stated and (len(stated) != len(shares) or sum(stated, Fraction(0)) != WHOLE):
            wrong.append(f"{unit.unit}: {' + '.join(map(format_share, stated))}")
    return Broken.joined(wrong) if wrong else True


@rule(
    "the parcel has no map yet",
    source=PRESUMPTION,
    remedy="A map that stands is changed by a boundary correction between neighbours, or by a resurvey.",
)
def parcels_have_no_map(a: Application, record: Record, law: Law) -> Answer:
    mapped = [p.parcel for p in a.parcels if record.parcels[p.parcel].geometry is not None]
    return Broken(", ".join(mapped)) if mapped else True


@rule(
    "the drawn area lies near the recorded one",
    source=PRESUMPTION,
    remedy="Look for a wrong unit of area or a wrong sheet; correct the figure or leave the shape out.",
)
def completed_areas_agree(a: Application, record: Record, law: Law) -> Answer:
    limit = law.figure("area-difference-limit").value
    wrong = [
        Phrase(
            "{parcel}: recorded {recorded} m2, drawn {drawn} m2",
            parcel=record.parcels[p.parcel].label,
            recorded=record.parcels[p.parcel].area.m2,
            drawn=p.drawn_m2,
        )
        for p in a.parcels
        if abs(p.drawn_m2 - record.parcels[p.parcel].area.m2) * 100 > limit * record.parcels[p.parcel].area.m2
    ]
    return Broken.joined(wrong) if wrong else True


@rule(
    "each shape is at hand, is of one parcel, and has the area that is stated",
    source=PRESUMPTION,
    remedy="Send each shape with the order, and state the area that it has as it is drawn.",
)
def completed_shapes_are_measured(a: Application, record: Record, law: Law) -> Answer:
    """What an order states of a shape is not believed: the cadastre measures it."""
    if not a.parcels:
        return True
    survey = record.survey
    if survey is None:
        return Broken("no shapes came with the order")
    limit = law.figure("split-area-tolerance").value
    twice = {shape for shape, n in Counter(p.geometry for p in a.parcels).items() if n > 1}
    wrong = [Phrase.of(fault) for fault in survey.faults]
    wrong += [
        Phrase(
            "{parcel}: stated {stated} m2, measured {m2} m2",
            parcel=record.parcels[p.parcel].label,
            stated=p.drawn_m2,
            m2=m2,
        )
        for p, m2 in zip(a.parcels, survey.children_m2, strict=True)
        if abs(p.drawn_m2 - m2) * 100 > limit * m2
    ]
    wrong += [
        Phrase("{parcel} has the shape of another", parcel=record.parcels[p.parcel].label)
        for p in a.parcels
        if p.geometry in twice
    ]
    return Broken.joined(wrong) if wrong else True


RULES = (
    something_is_completed,
    *STANDING,
    NOTHING_BARS["correction"],
    holders_were_open,
    nobody_leaves,
    completed_shares_add_up,
    parcels_have_no_map,
    completed_shapes_are_measured,
    completed_areas_agree,
)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A unit with all its holders in the order in which they stand from now on."""

    unit: UnitId
    holders: tuple[HeldBy, ...]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A parcel with its shape."""

    parcel: ParcelId
    geometry: Digest


@dataclass(frozen=True, kw_only=True)
class Event:
    """Holders and shapes that a first registration had left open were recorded."""

    source: Text
    units: tuple[Completed, ...]
    parcels: tuple[Drawn, ...]


def shapes(application: Application) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision: the shapes alone, for no map stands."""
    return ((), tuple(p.geometry for p in application.parcels)) if application.parcels else None


def decide(application: Application, record: Record, law: Law) -> Event:
    """What is added, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(
        source=application.source,
        units=tuple(_completed(unit) for unit in application.units),
        parcels=tuple(Drawn(parcel=p.parcel, geometry=p.geometry) for p in application.parcels),
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units without the bar, the parcels with their shapes."""
    parcels = (replace(record.parcels[p.parcel], geometry=p.geometry) for p in event.parcels)
    return (*parcels, *(_named(record.units[u.unit], u.holders) for u in event.units))


def _completed(unit: Named) -> Completed:
    staying = (HeldBy(party=s.holder, share=s.share) for s in unit.staying)
    added = (HeldBy(party=h.party.commitment, share=h.share) for h in unit.added)
    return Completed(unit=unit.unit, holders=(*staying, *added))


def _named(unit: Unit, holders: tuple[HeldBy, ...]) -> Unit:
    after = restated(unit, (Holding(h.party, h.share) for h in holders))
    return replace(after, restrictions=tuple(r for r in after.restrictions if r.kind != INCOMPLETE))


WORDING = {
    "en": "Recorded from {source}: holders of {units}; maps of {parcels}.",
    "hi": "{source} से दर्ज: खातेदार {units}; नक्शे {parcels}।",
    "te": "{source} నుండి నమోదు: హక్కుదారులు {units}; పటాలు {parcels}.",
    "mr": "{source} वरून नोंद: खातेदार {units}; नकाशे {parcels}.",
    "kn": "{source} ಇಂದ ದಾಖಲು: ಖಾತೆದಾರರು {units}; ನಕ್ಷೆಗಳು {parcels}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "source": event.source,
        "units": ", ".join(record.units[u.unit].label for u in event.units) or "-",
        "parcels": ", ".join(record.parcels[p.parcel].label for p in event.parcels) or "-",
    }


_SHAPE, _OTHER = Digest("A" * 43 + "="), Digest("B" * 42 + "A=")
_OPEN = restricted(undetermined(SISTERS), INCOMPLETE)
_NOBODY = _OPEN.with_states(replace(_OPEN.units[KHATA], shares=()))
_MAP_LATER = Application(
    source=Text("Village map of 1987, sheet 2"),
    parcels=(
        Mapped(parcel=FIELD, geometry=_SHAPE, drawn_m2=Decimal("4010.00")),
        Mapped(parcel=GARDEN, geometry=_OTHER, drawn_m2=Decimal("1253.00")),
    ),
)
_MEASURES = Survey(
    parent_m2=Decimal("0.00"),
    pieces=0,
    children_m2=(Decimal("4010.00"), Decimal("1253.00")),
    gap_m2=Decimal("0.00"),
    overlap_m2=Decimal("0.00"),
    outside_m2=Decimal("0.00"),
    narrowest_m=Decimal("12.00"),
    unmatched_edges=0,
    faults=(),
)
_MEASURED = replace(SISTERS, survey=_MEASURES)
_NAMES_LATER = Application(
    source=Text("Khatauni of 1433 fasli"),
    units=(
        Named(
            unit=KHATA,
            added=(
                OldHolder(party=ASHA, share=Fraction(1, 3)),
                OldHolder(party=RAVINA, share=Fraction(2, 3)),
            ),
        ),
    ),
)
_MEENA_TOO = Named(
    unit=KHATA,
    staying=(Staying(holder=ASHA.commitment), Staying(holder=RAVINA.commitment)),
    added=(OldHolder(party=MEENA),),
)

EXAMPLES = (
    Example(
        title="a record without a map gets its shapes, and its figures stay",
        given=_MEASURED,
        when=_MAP_LATER,
        then={
            FIELD: {"geometry": str(_SHAPE), "area_m2": str(SISTERS.parcels[FIELD].area.m2), "label": "101"}
        },
    ),
    Example(
        title="a map without names gets its holders, and the bar is gone",
        given=_NOBODY,
        when=_NAMES_LATER,
        then={KHATA: {"shares_determined": True, "restrictions": []}},
    ),
    Example(
        title="a holder whose name was cut off is added to those who stand",
        given=_OPEN,
        when=replace(_NAMES_LATER, units=(_MEENA_TOO,)),
        then={KHATA: {"shares_determined": False, "restrictions": []}},
    ),
    Example(
        title="nobody is put in the place of another, and a whole list is not completed",
        given=SISTERS,
        when=_NAMES_LATER,
        refused=(holders_were_open, nobody_leaves),
    ),
    Example(
        title="a map that stands, an area that cannot be right and shares beyond the whole are told together",
        given=_NOBODY.with_states(replace(SISTERS.parcels[FIELD], geometry=_SHAPE)),
        when=replace(
            _MAP_LATER,
            units=(replace(_NAMES_LATER.units[0], added=(OldHolder(party=ASHA, share=Fraction(1, 3)),)),),
            parcels=(replace(_MAP_LATER.parcels[0], drawn_m2=Decimal("16187.43")),),
        ),
        refused=(
            completed_shares_add_up,
            parcels_have_no_map,
            completed_shapes_are_measured,
            completed_areas_agree,
        ),
    ),
    Example(
        title="a shape that is not what is stated of it is not taken",
        given=replace(
            SISTERS, survey=replace(_MEASURES, children_m2=(Decimal("1786342652.09"), Decimal("1253.00")))
        ),
        when=_MAP_LATER,
        refused=(completed_shapes_are_measured,),
    ),
    Example(
        title="two parcels do not get one shape",
        given=_MEASURED,
        when=replace(
            _MAP_LATER,
            parcels=(_MAP_LATER.parcels[0], replace(_MAP_LATER.parcels[1], geometry=_SHAPE)),
        ),
        refused=(completed_shapes_are_measured,),
    ),
    Example(
        title="one parcel does not get two shapes",
        given=SISTERS,
        when=replace(_MAP_LATER, parcels=_MAP_LATER.parcels[:1] * 2),
        refused=(something_is_completed,),
    ),
    Example(
        title="a parcel that is not in the record gets none",
        given=Record(),
        when=_MAP_LATER,
        refused=(all_named_exist,),
    ),
)
