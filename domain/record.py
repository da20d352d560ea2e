"""The record as frozen values: parcels (where), units (who holds what), and what lies upon them.

Each value turns into the state document of the public map and back (transparency spec 4.3).  ``version``,
``last_index`` and ``history`` are not here: they belong to the log and are kept by ``domain.projection``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal, cast

from domain.canon import Json
from domain.ids import ParcelId, UnitId, VillageCode
from domain.quantities import Area, Share
from domain.survey import Survey

Commitment = str  # base64 of 32 bytes
Doc = dict[str, Json]


@dataclass(frozen=True)
class Holding:
    """One holder's part in a unit; ``share`` is None while the shares of the unit are not determined."""

    party: Commitment
    share: Share | None

    def doc(self) -> Doc:
        if self.share is None:
            return {"party": self.party, "num": None, "den": None}
        return {"party": self.party, "num": self.share.numerator, "den": self.share.denominator}

    @classmethod
    def of(cls, doc: Doc) -> Holding:
        num, den = cast("int | None", doc["num"]), cast("int | None", doc["den"])
        return cls(str(doc["party"]), None if num is None or den is None else Fraction(num, den))


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A mortgage or other burden (LA_Mortgage); ``on`` is one holder's commitment, or None for the whole unit."""

    kind: str
    rank: int
    on: Commitment | None
    details: Commitment
    since: int | None = None

    def doc(self) -> Doc:
        return {
            "kind": self.kind,
            "rank": self.rank,
            "since": self.since,
            "on": self.on,
            "details": self.details,
        }

    @classmethod
    def of(cls, doc: Doc) -> Charge:
        return cls(
            kind=str(doc["kind"]),
            rank=cast("int", doc["rank"]),
            on=cast("str | None", doc["on"]),
            details=str(doc["details"]),
            since=cast("int | None", doc["since"]),
        )


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """What lies on the land or on one holder (LA_Restriction): a stay, a key under review, a holder's minority.

    ``on`` is one holder's commitment, or None for all of it; ``details`` commits to the order or paper behind it.
    """

    kind: str
    on: Commitment | None = None
    details: Commitment | None = None
    since: int | None = None

    def doc(self) -> Doc:
        return {"kind": self.kind, "since": self.since, "on": self.on, "details": self.details}

    @classmethod
    def of(cls, doc: Doc) -> Restriction:
        return cls(
            kind=str(doc["kind"]),
            on=cast("str | None", doc.get("on")),
            details=cast("str | None", doc.get("details")),
            since=cast("int | None", doc["since"]),
        )


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A place kept in the queue of dealings until a day; ``details`` commits to the certificate of who has it."""

    kind: str = "priority"
    until: date
    details: Commitment
    since: int | None = None

    def doc(self) -> Doc:
        return {
            "kind": self.kind,
            "since": self.since,
            "until": self.until.isoformat(),
            "on": None,
            "details": self.details,
        }

    @classmethod
    def of(cls, doc: Doc) -> Hold:
        return cls(
            kind=str(doc["kind"]),
            until=date.fromisoformat(str(doc["until"])),
            details=str(doc["details"]),
            since=cast("int | None", doc["since"]),
        )


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A case that is filed and not decided: a buyer must see it."""

    kind: str
    case: str
    since: int | None = None

    def doc(self) -> Doc:
        return {"kind": self.kind, "case": self.case, "since": self.since}

    @classmethod
    def of(cls, doc: Doc) -> Pending:
        return cls(kind=str(doc["kind"]), case=str(doc["case"]), since=cast("int | None", doc["since"]))


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A piece of land (LA_SpatialUnit): khasra, gat, survey number, LPM."""

    id: ParcelId
    village: VillageCode
    office: str
    label: str
    unit: UnitId
    area: Area
    land_class: str
    use: str
    geometry: str | None
    """Base64 SHA-256 of the canonical geometry bytes; None where the older record has no map."""
    status: Literal["active", "retired"] = "active"
    ulpin: str | None = None
    former_labels: tuple[str, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    pending: tuple[Pending, ...] = ()
    predecessors: tuple[ParcelId, ...] = ()
    successors: tuple[ParcelId, ...] = ()

    def doc(self) -> Doc:
        return {
            "kind": "parcel",
            "id": self.id,
            "status": self.status,
            "village": self.village,
            "office": self.office,
            "label": self.label,
            "former_labels": list(self.former_labels),
            "unit": self.unit,
            "area_m2": str(self.area.m2),
            "area_original": {"figure": self.area.figure, "unit": self.area.unit},
            "class": self.land_class,
            "use": self.use,
            "ulpin": self.ulpin,
            "geometry": self.geometry,
            "restrictions": [r.doc() for r in self.restrictions],
            "pending": [p.doc() for p in self.pending],
            "predecessors": list(self.predecessors),
            "successors": list(self.successors),
        }

    @classmethod
    def of(cls, doc: Doc) -> Parcel:
        original = cast("dict[str, str]", doc["area_original"])
        return cls(
            id=ParcelId(str(doc["id"])),
            village=VillageCode(str(doc["village"])),
            office=str(doc["office"]),
            label=str(doc["label"]),
            unit=UnitId(str(doc["unit"])),
            area=Area(Decimal(str(doc["area_m2"])), original["figure"], original["unit"]),
            land_class=str(doc["class"]),
            use=str(doc["use"]),
            geometry=cast("str | None", doc["geometry"]),
            status=cast('Literal["active", "retired"]', doc["status"]),
            ulpin=cast("str | None", doc["ulpin"]),
            former_labels=tuple(_texts(doc["former_labels"])),
            restrictions=tuple(Restriction.of(d) for d in _docs(doc["restrictions"])),
            pending=tuple(Pending.of(d) for d in _docs(doc["pending"])),
            predecessors=tuple(ParcelId(i) for i in _texts(doc["predecessors"])),
            successors=tuple(ParcelId(i) for i in _texts(doc["successors"])),
        )


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Holders with shares over one or more parcels (LA_BAUnit): khata, khewat, khatian, patta."""

    id: UnitId
    village: VillageCode
    office: str
    label: str
    tenure: str
    parcels: tuple[ParcelId, ...]
    shares: tuple[Holding, ...]
    status: Literal["active", "closed"] = "active"
    charges: tuple[Charge, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    holds: tuple[Hold, ...] = ()
    pending: tuple[Pending, ...] = ()

    @property
    def shares_determined(self) -> bool:
        """Whether the record states every holder's share; else it says only who the holders are."""
        return bool(self.shares) and all(h.share is not None for h in self.shares)

    def share_of(self, party: Commitment) -> Share:
        """What the record shows for that holder; nothing for a stranger or while shares are undetermined."""
        return next((h.share for h in self.shares if h.party == party and h.share is not None), Fraction(0))

    @property
    def holders(self) -> frozenset[Commitment]:
        return frozenset(h.party for h in self.shares)

    def doc(self) -> Doc:
        return {
            "kind": "unit",
            "id": self.id,
            "status": self.status,
            "village": self.village,
            "office": self.office,
            "label": self.label,
            "tenure": self.tenure,
            "parcels": list(self.parcels),
            "shares": [h.doc() for h in self.shares],
            "shares_determined": self.shares_determined,
            "charges": [c.doc() for c in self.charges],
            "restrictions": [r.doc() for r in self.restrictions],
            "holds": [h.doc() for h in self.holds],
            "pending": [p.doc() for p in self.pending],
        }

    @classmethod
    def of(cls, doc: Doc) -> Unit:
        return cls(
            id=UnitId(str(doc["id"])),
            village=VillageCode(str(doc["village"])),
            office=str(doc["office"]),
            label=str(doc["label"]),
            tenure=str(doc["tenure"]),
            parcels=tuple(ParcelId(i) for i in _texts(doc["parcels"])),
            shares=tuple(Holding.of(d) for d in _docs(doc["shares"])),
            status=cast('Literal["active", "closed"]', doc["status"]),
            charges=tuple(Charge.of(d) for d in _docs(doc["charges"])),
            restrictions=tuple(Restriction.of(d) for d in _docs(doc["restrictions"])),
            holds=tuple(Hold.of(d) for d in _docs(doc["holds"])),
            pending=tuple(Pending.of(d) for d in _docs(doc["pending"])),
        )


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a decision may look at: the things an application names, as they stand, and nothing else."""

    parcels: Mapping[ParcelId, Parcel] = field(default_factory=dict)
    units: Mapping[UnitId, Unit] = field(default_factory=dict)
    labels: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """(village, "parcel" or "unit", label) of the labels an application would take, to the id that bears it today."""
    survey: Survey | None = None
    """What the cadastre measured of the shapes that the application proposes."""

    def with_states(self, *states: Parcel | Unit) -> Record:
        """This record after those states have taken the place of what stood before."""
        return Record(
            parcels={**self.parcels, **{s.id: s for s in states if isinstance(s, Parcel)}},
            units={**self.units, **{s.id: s for s in states if isinstance(s, Unit)}},
            labels=self.labels,
            survey=self.survey,
        )


def _texts(value: Json) -> list[str]:
    return cast("list[str]", value)


def _docs(value: Json) -> list[Doc]:
    return cast("list[Doc]", value)
