"""Correction of a clerical entry (fard badr): a wrong entry of one khata, the right one, and the source it comes from.

An entry is clerical when the older record says otherwise and a copyist slipped.  Who holds, the tenure and the class
of land are never clerical: they change by a deed, a succession or an authority's act, and a question of title goes to
a court.  Shares may be put right among the same holders, an area as the source states it.  Two officers sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import VILLAGERS, charged, restricted
from domain.mutations._papers import OldRecord, Report
from domain.mutations._people import noted, restated
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    RECORD_LAW,
    STANDING,
    new_labels_are_free,
)
from domain.quantities import WHOLE, Area, Share, area, format_share
from domain.record import Holding, Parcel, Record, Unit
from domain.values import (
    Code,
    ParcelLabel,
    PartyRef,
    Permission,
    Salt,
    Text,
    UnitLabel,
)

TYPE = "mutation.clerical-correction/1"
TITLE = {
    "en": "Correction of a clerical entry",
    "hi": "लिपिकीय त्रुटि का शुद्धिकरण (फर्द बद्र)",
    "te": "లేఖన దోష సవరణ",
    "mr": "लेखन प्रमाद दुरुस्ती",
    "kn": "ಬರವಣಿಗೆ ದೋಷ ತಿದ್ದುಪಡಿ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("holder", "suo-motu"),
    papers=("source-record", "enquiry-report"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer"),
    notice="hearing",
    two_officers=True,
)
CONSERVES_AREA = False  # an area that was copied wrongly is what this act puts right

CLERICAL = Citation(
    "Uttar Pradesh Revenue Code 2006, s. 38; Maharashtra Land Revenue Code 1966, s. 155; the like law of each state"
)
CONSENT = "charge-holder-consent"


@dataclass(frozen=True, kw_only=True)
class WrongArea:
    """A recorded area, as it stands and as the source states it."""

    parcel: ParcelId
    wrong: Area
    right: Area


@dataclass(frozen=True, kw_only=True)
class WrongUse:
    """The recorded use of a parcel."""

    parcel: ParcelId
    wrong: Code
    right: Code


@dataclass(frozen=True, kw_only=True)
class WrongNumber:
    """A parcel's number, slipped in copying; a number that changes by rule is another act (renumbering)."""

    parcel: ParcelId
    wrong: Text
    right: ParcelLabel


OfParcel = WrongArea | WrongUse | WrongNumber


@dataclass(frozen=True, kw_only=True)
class WrongKhata:
    """The khata's number."""

    wrong: Text
    right: UnitLabel


@dataclass(frozen=True, kw_only=True)
class WrongShare:
    """The share of one of the holders."""

    holder: PartyRef
    wrong: Share
    right: Share


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """The entries that are put right."""

    areas: tuple[WrongArea, ...] = ()
    uses: tuple[WrongUse, ...] = ()
    numbers: tuple[WrongNumber, ...] = ()
    khata: WrongKhata | None = None
    shares: tuple[WrongShare, ...] = ()
    """Every holder whose share is wrong."""
    living: tuple[PartyRef, ...] = ()
    """Holders who are noted as deceased and live."""

    def by_parcel(self) -> list[OfParcel]:
        """The entries that stand at parcels."""
        return [*self.areas, *self.uses, *self.numbers]

    def in_words(self) -> list[str]:
        """Each wrong entry with the right one: ``0.1250 → 0.1520``."""
        changes = [(e.wrong.figure, e.right.figure) for e in self.areas]
        changes += [(e.wrong, e.right) for e in self.uses]
        changes += [(e.wrong, e.right) for e in self.numbers]
        changes += [(self.khata.wrong, self.khata.right)] if self.khata else []
        changes += [(format_share(s.wrong), format_share(s.right)) for s in self.shares]
        return [*(f"{wrong} → {right}" for wrong, right in changes), *("†" for _ in self.living)]


@dataclass(frozen=True, kw_only=True)
class Application:
    """A fard badr for one khata."""

    unit: UnitId
    corrections: Corrections
    source: OldRecord
    report: Report
    permissions: tuple[Permission, ...] = ()


@rule(
    "the form names an entry to correct, each once, and each right entry differs from the wrong one",
    source=RECORD_LAW,
    remedy="Name the wrong entries with what they ought to read.",
    first=True,
)
def something_is_wrong(a: Application, record: Record, law: Law) -> Answer:
    c = a.corrections
    pairs = [*c.by_parcel(), *c.shares, *([c.khata] if c.khata else [])]
    names = [*((type(e), e.parcel) for e in c.by_parcel()), *(("share", s.holder) for s in c.shares)]
    return (
        bool(pairs or c.living) and len(set(names)) == len(names) and all(e.wrong != e.right for e in pairs)
    )


@rule(
    "the parcels belong to the khata",
    source=RECORD_LAW,
    remedy="Correct each khata's entries by an order of its own.",
)
def parcels_are_of_the_khata(a: Application, record: Record, law: Law) -> Answer:
    strange = [e.parcel for e in a.corrections.by_parcel() if record.parcels[e.parcel].unit != a.unit]
    return Broken(", ".join(strange)) if strange else True


@rule(
    "the wrong entry is what stands in the record",
    source=CLERICAL,
    remedy="Look at the record again: somebody may have corrected it already.",
)
def wrong_entry_stands(a: Application, record: Record, law: Law) -> Answer:
    c, unit = a.corrections, record.units[a.unit]
    standing = [(e, _entry(record.parcels[e.parcel], e)) for e in c.by_parcel()]
    wrong = [
        *(f"{e.parcel}: {entry}" for e, entry in standing if entry != e.wrong),
        *(format_share(unit.share_of(s.holder)) for s in c.shares if unit.share_of(s.holder) != s.wrong),
        *([unit.label] if c.khata and c.khata.wrong != unit.label else []),
        *("no death is noted" for who in c.living if not noted(unit, "holder-deceased", who)),
    ]
    return Broken.joined(wrong) if wrong else True


@rule(
    "the shares, as they are put right, add up to one among the same holders",
    source=CLERICAL,
    remedy="Correct every share that is wrong in one order; holders come and go by other acts.",
)
def shares_add_up(a: Application, record: Record, law: Law) -> Answer:
    if not a.corrections.shares:
        return True
    added = sum(_shares_after(a.corrections, record.units[a.unit]).values(), Fraction(0))
    return added == WHOLE or Broken("they add up to {sum}", sum=format_share(added))


@rule(
    "a charge-holder whose security becomes smaller consents",
    source=Citation(
        "Transfer of Property Act 1882", "s. 58, and the hearing that s. 38 of the Code asks for"
    ),
    remedy="Bring the charge-holder's consent (charge-holder-consent), or a court's order.",
)
def charge_holders_consent(a: Application, record: Record, law: Law) -> Answer:
    unit = record.units[a.unit]
    consented = any(p.kind == CONSENT for p in a.permissions)
    less_land = any(e.right.m2 < e.wrong.m2 for e in a.corrections.areas) and unit.charges
    less_share = [s for s in a.corrections.shares if s.right < s.wrong and _charged(unit, s.holder)]
    return consented or not (less_land or less_share)


def _charged(unit: Unit, holder: str) -> bool:
    return any(c.on == holder for c in unit.charges)


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    something_is_wrong,
    parcels_are_of_the_khata,
    wrong_entry_stands,
    shares_add_up,
    charge_holders_consent,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Entries that a copyist had written wrongly were put right."""

    unit: UnitId
    corrections: Corrections
    source: PartyRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The correction, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(unit=a.unit, corrections=a.corrections, source=a.source.commitment)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khata and those of its parcels whose entries are put right."""
    c = event.corrections
    parcels: dict[ParcelId, Parcel] = {}
    for entry in c.by_parcel():
        before = parcels.get(entry.parcel, record.parcels[entry.parcel])
        parcels[entry.parcel] = _put_right(before, entry)
    unit = _unit_put_right(c, record.units[event.unit])
    changed = [unit] if unit != record.units[event.unit] else []
    return (*changed, *parcels.values())


def _put_right(parcel: Parcel, entry: OfParcel) -> Parcel:
    match entry:
        case WrongArea():
            return replace(parcel, area=entry.right)
        case WrongUse():
            return replace(parcel, use=entry.right)
        case WrongNumber():
            return replace(parcel, label=entry.right)


def _unit_put_right(c: Corrections, unit: Unit) -> Unit:
    unit = replace(
        unit,
        label=c.khata.right if c.khata else unit.label,
        restrictions=tuple(
            r for r in unit.restrictions if r.kind != "holder-deceased" or r.on not in c.living
        ),
    )
    if not c.shares:
        return unit
    return restated(unit, (Holding(who, share) for who, share in _shares_after(c, unit).items()))


def _shares_after(c: Corrections, unit: Unit) -> dict[str, Share]:
    return {h.party: unit.share_of(h.party) for h in unit.shares} | {s.holder: s.right for s in c.shares}


def _entry(parcel: Parcel, entry: OfParcel) -> Area | str:
    """What stands in the record where the entry is wrong."""
    match entry:
        case WrongArea():
            return parcel.area
        case WrongUse():
            return parcel.use
        case WrongNumber():
            return parcel.label


WORDING = {
    "en": "Clerical entries of holding {unit} corrected from the source: {entries}.",
    "hi": "खाता {unit} की त्रुटिपूर्ण प्रविष्टियाँ मूल अभिलेख से शुद्ध: {entries}।",
    "te": "ఖాతా {unit} లోని లేఖన దోషాలు మూల రికార్డు ప్రకారం సవరణ: {entries}.",
    "mr": "खाते {unit} मधील लेखन प्रमाद मूळ अभिलेखावरून दुरुस्त: {entries}.",
    "kn": "ಖಾತೆ {unit} ರ ಬರವಣಿಗೆ ದೋಷಗಳನ್ನು ಮೂಲ ದಾಖಲೆಯಂತೆ ತಿದ್ದಲಾಗಿದೆ: {entries}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    entries = ", ".join(event.corrections.in_words())
    return {"unit": record.units[event.unit].label, "entries": entries}


_KHATAUNI = OldRecord(
    number=Text("Khatauni 1428-1433 fasli, p. 45"),
    made=date(2020, 7, 1),
    by=Text("Tehsil Devgarh"),
    salt=Salt(b"q" * 32),
)
_REPORT = Report(
    number=Text("51"), made=date(2026, 10, 3), by=Text("Revenue Inspector"), salt=Salt(b"r" * 32)
)
_A_DIGIT_SLIPPED = Application(
    unit=KHATA,
    corrections=Corrections(
        areas=(WrongArea(parcel=GARDEN, wrong=area("0.1250", "hectare"), right=area("0.1520", "hectare")),)
    ),
    source=_KHATAUNI,
    report=_REPORT,
)
_SHARES_SWAPPED = replace(
    _A_DIGIT_SLIPPED,
    corrections=Corrections(
        shares=(
            WrongShare(holder=ASHA.commitment, wrong=Fraction(1, 3), right=Fraction(2, 3)),
            WrongShare(holder=RAVINA.commitment, wrong=Fraction(2, 3), right=Fraction(1, 3)),
        )
    ),
)
_MUCH_ELSE = replace(
    _A_DIGIT_SLIPPED,
    corrections=Corrections(
        uses=(WrongUse(parcel=FIELD, wrong=Code("cultivated"), right=Code("grove")),),
        numbers=(WrongNumber(parcel=FIELD, wrong=Text("101"), right=ParcelLabel("110")),),
        khata=WrongKhata(wrong=Text("45"), right=UnitLabel("54")),
        living=(ASHA.commitment,),
    ),
)
_CONSENT = Permission(
    kind=Code(CONSENT), number=Text("9"), made=date(2026, 10, 9), by=Text("Bank"), salt=Salt(b"v" * 32)
)

EXAMPLES = (
    Example(
        title="two digits of an area changed places in copying",
        given=VILLAGERS,
        when=_A_DIGIT_SLIPPED,
        then={GARDEN: {"area_m2": "1520.0000", "area_original": {"figure": "0.1520", "unit": "hectare"}}},
    ),
    Example(
        title="the shares of two sisters changed places; the one whose share shrinks is mortgaged, and the bank agrees",
        given=charged(VILLAGERS, RAVINA),
        when=replace(_SHARES_SWAPPED, permissions=(_CONSENT,)),
        then={
            KHATA: {
                "shares": [
                    {"party": ASHA.commitment, "num": 2, "den": 3},
                    {"party": RAVINA.commitment, "num": 1, "den": 3},
                ]
            }
        },
    ),
    Example(
        title="use, numbers and a holder taken for dead are put right in one order",
        given=restricted(VILLAGERS, "holder-deceased", on=ASHA),
        when=_MUCH_ELSE,
        then={
            FIELD: {"use": "grove", "label": "110"},
            KHATA: {"label": "54", "restrictions": []},
        },
    ),
    Example(
        title="an entry that is not in the record, and shares that exceed the whole, are told together",
        given=VILLAGERS,
        when=replace(
            _A_DIGIT_SLIPPED,
            corrections=Corrections(
                areas=(
                    WrongArea(parcel=FIELD, wrong=area("0.1250", "hectare"), right=area("0.2", "hectare")),
                ),
                shares=(WrongShare(holder=ASHA.commitment, wrong=Fraction(1, 3), right=WHOLE),),
            ),
        ),
        refused=(wrong_entry_stands, shares_add_up),
    ),
    Example(
        title="a stranger does not become a holder by a correction, and a stay holds it up",
        given=restricted(VILLAGERS, "stay"),
        when=replace(
            _SHARES_SWAPPED,
            corrections=Corrections(
                shares=(WrongShare(holder=MEENA.commitment, wrong=Fraction(1, 3), right=Fraction(1, 4)),)
            ),
        ),
        refused=(NOTHING_BARS["authority"], wrong_entry_stands, shares_add_up),
    ),
    Example(
        title="a lender's security is not made smaller behind its back",
        given=charged(VILLAGERS, RAVINA),
        when=_SHARES_SWAPPED,
        refused=(charge_holders_consent,),
    ),
    Example(
        title="a number that another field bears is not given, and a field of another khata is not touched",
        given=replace(
            VILLAGERS.with_states(replace(VILLAGERS.parcels[GARDEN], unit=UnitId("999101-U000070"))),
            labels={("999101", "parcel", "103"): "999101-000103"},
        ),
        when=replace(
            _A_DIGIT_SLIPPED,
            corrections=Corrections(
                numbers=(WrongNumber(parcel=GARDEN, wrong=Text("102"), right=ParcelLabel("103")),)
            ),
        ),
        refused=(new_labels_are_free, parcels_are_of_the_khata),
    ),
    Example(
        title="a correction that changes nothing is none",
        given=VILLAGERS,
        when=replace(_A_DIGIT_SLIPPED, corrections=Corrections()),
        refused=(something_is_wrong,),
    ),
)
