"""A registry in memory that keeps the law, and publishes its log as files; it can be told to break any rule.

It is made from the formats and the domain alone, so the auditor is measured against something that shares none of
its code but those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fractions import Fraction
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast

from domain import catalogue, form, kit
from domain.canon import Json, canonical
from domain.errors import VerificationError
from domain.ids import ParcelId, UnitId, VillageCode, kind_of, parcel_id, unit_id
from domain.law import Law
from domain.projection import NO_HISTORY, PROJECTION, Doc, advance
from domain.quantities import format_share
from domain.record import Parcel, Record, Unit
from registry import dsse
from registry.genesis_entry import genesis_payload
from registry.keys import Key
from registry.log.checkpoint import Checkpoint, sign_checkpoint
from registry.log.ed25519 import SeedKey
from registry.log.encoding import encode_base64
from registry.log.hashing import leaf_hash, node_hash
from registry.log.map_head import MapHead
from registry.log.note import NoteSigner, NoteVerifier
from registry.log.prefix_map import map_key, map_leaf, subtree_root, value_hash
from registry.log.publisher import Publisher
from registry.log.tree import range_root

ORIGIN = "registry.example/land/test"
LGD = "999101"
OFFICE = "99/901/9001"
TAHSILDAR, SECOND, CLERK = "UP-REV-000101", "UP-REV-000102", "UP-REV-000103"
LOG = NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32))
ROOTS = sorted((Key.from_seed(bytes([n]) * 32) for n in (11, 12, 13)), key=lambda key: key.keyid)
KEYS = {name: Key.from_seed(bytes([40 + n]) * 32) for n, name in enumerate((TAHSILDAR, SECOND, CLERK))}
DAY = date(2026, 11, 21)
NOW = 1_800_000_000


class Registry:
    """Entries in the order they came and the states they lead to."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.entries: list[bytes] = []
        self.states: dict[str, Doc] = {}
        self.time = NOW
        self._events = count(1)
        self._serials = {"parcel": count(1), "unit": count(1)}
        self._salts = count(1)
        self._leaves: list[bytes] = []

    # Entries

    def found(self, *, signers: int = 2) -> None:
        payload = genesis_payload(
            origin=self.origin,
            root_keys=[key.public for key in ROOTS],
            threshold=2,
            log_keys=[LOG.verifier_key.format()],
        )
        self.add(
            dsse.seal(dsse.GENESIS, payload, [k.sign_payload(dsse.GENESIS, payload) for k in ROOTS[:signers]])
        )

    def act(
        self, type_: str, touches: Sequence[str], *, by: Sequence[Key] = ROOTS[:2], **members: Any
    ) -> int:
        """An act about keys, signed by root keys unless others are named."""
        return self.event(type_, touches, by=by, payload_type=dsse.KEY, **members)

    def enrol(self, officer: str, **changed: Any) -> int:
        key = KEYS[officer]
        members: dict[str, Any] = {
            "keyid": key.keyid,
            "pub": encode_base64(key.public),
            "officer": officer,
            "pop": key.prove_possession(origin=self.origin, officer=officer),
        }
        return self.act("key.enrolled/1", [key.keyid], **(members | changed))

    def post(self, officer: str, *roles: str, office: str = OFFICE, by: Sequence[Key] = ROOTS[:2]) -> int:
        return self.act(
            "posting.started/1",
            [KEYS[officer].keyid],
            by=by,
            officer=officer,
            office=office,
            roles=sorted(roles),
        )

    def revoke(self, officer: str, *, by: Sequence[Key] = ROOTS[:2], **members: Any) -> int:
        keyid = KEYS[officer].keyid
        return self.act("key.revoked/1", [keyid], by=by, keyid=keyid, reason="lost", **members)

    def order(
        self,
        kind: str,
        application: Json,
        *,
        by: Sequence[str] = (TAHSILDAR,),
        changed: Mapping[str, Any] | None = None,
    ) -> int:
        """An order as the office decides it; ``changed`` are members that then say something else."""
        mutation = catalogue.mutation(kind)
        asked = mutation.read(application)
        makers = {"parcel": parcel_id, "unit": unit_id}
        village = VillageCode(LGD)
        asked = kit.complete(
            asked,
            issue=lambda k: makers[k](village, next(self._serials[k])),
            salt=lambda: next(self._salts).to_bytes(32),
        )
        record = self.record_for(mutation, asked)
        event = mutation.decide(asked, record, Law("generic", DAY))
        after = mutation.apply(event, record)
        members: dict[str, Any] = {
            "office": OFFICE,
            "order_no": "MR/2026/1",
            "officer": by[0],
            "set": kit.changes(record, after),
            "facts": form.write(event),
            "private": {},
            "documents": [],
            **({"second_officer": by[1]} if len(by) > 1 else {}),
        }
        members |= changed or {}
        return self.event(mutation.type, sorted(after), by=[KEYS[name] for name in by], **members)

    def event(
        self,
        type_: str,
        touched: Sequence[str],
        /,
        *,
        by: Sequence[Key],
        payload_type: str = dsse.EVENT,
        **members: Any,
    ) -> int:
        """Any entry at all, so long as it can be written."""
        payload: Doc = {
            "schema": 1,
            "origin": self.origin,
            "event_id": event_id(next(self._events)),
            "type": type_,
            "decided": DAY.isoformat(),
            "touches": [self.touch(i) for i in sorted(touched)],
        }
        data = canonical(cast("Json", payload | members))
        entry = dsse.seal(payload_type, data, [key.sign_payload(payload_type, data) for key in by])
        index = self.add(entry)
        with suppress(VerificationError):  # what does not follow is logged all the same, if that is the lie
            self.states |= advance(
                self.states, payload_type, dsse.parse_payload(data), index, leaf_hash(entry)
            )
        return index

    def touch(self, identifier: str) -> Doc:
        state = self.states.get(identifier)
        return {
            "id": identifier,
            "prev_version": state["version"] if state else 0,
            "prev_history": state["history"] if state else NO_HISTORY,
        }

    def add(self, entry: bytes) -> int:
        self.entries.append(entry)
        self._leaves.append(leaf_hash(entry))
        return len(self.entries) - 1

    def head(self, **changed: Any) -> None:
        """A map head, which may be told to say something else than the truth."""
        self.time += 1
        root = self.map_root()
        head = MapHead(
            size=len(self.entries), root=root, leaves=len(self.states), time=self.time, projection=PROJECTION
        )
        self.add(replace(head, **changed).format())

    # What they lead to

    def record_for(self, mutation: kit.Mutation, application: object) -> Record:
        """What the decision may look at, and no more."""
        ids = kit.named(application)
        record = record_of({i: self.states.get(i) for i in ids})
        return record_of({i: self.states.get(i) for i in ids | mutation.also_reads(record)})

    def record(self) -> Record:
        return record_of({i: s for i, s in self.states.items() if kind_of(i) in ("parcel", "unit")})

    def map_root(self) -> bytes:
        leaves = []
        for identifier, state in self.states.items():
            key = map_key(kind_of(identifier), origin=self.origin, identifier=identifier)
            leaves.append((key, map_leaf(key, value_hash(canonical(cast("Json", state))))))
        return subtree_root(sorted(leaves))

    def parcel(self, label: str) -> Any:
        return next(p for p in self.record().parcels.values() if p.label == label)

    def unit(self, label: str) -> Any:
        return next(u for u in self.record().units.values() if u.label == label)

    # What is published

    def subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return self._leaves[index]
        return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))

    def note(self, size: int | None = None, *, signer: NoteSigner = LOG) -> bytes:
        size = len(self.entries) if size is None else size
        root = range_root(0, size, self.subtree)
        return sign_checkpoint(Checkpoint(origin=self.origin, size=size, root=root), signer).format().encode()

    def publish(self, directory: Path, *, size: int | None = None) -> None:
        """Tiles, bundles and checkpoint, as the sequencer writes them."""
        size = len(self.entries) if size is None else size
        publisher = Publisher(directory)
        with publisher.alone():
            publisher.write_tiles(
                0,
                size,
                tile=lambda level, number: self._tile(level, number, size),
                entries=lambda start, end: self.entries[start:end],
            )
            publisher.replace_checkpoint(self.note(size))

    def _tile(self, level: int, number: int, size: int) -> bytes:
        last = min(256, (size >> 8 * level) - 256 * number)
        return b"".join(self.subtree(8 * level, 256 * number + i) for i in range(last))


def event_id(number: int) -> str:
    """An id that begins with the time of its making, as the counter's do (RFC 9562, version 7)."""
    return f"{number:012x}7{sha256(b'%d' % number).hexdigest()[:19]}"


def record_of(states: Mapping[str, Doc | None]) -> Record:
    known = [s for s in states.values() if s is not None]
    return Record(
        parcels={ParcelId(str(s["id"])): Parcel.of(s) for s in known if s["kind"] == "parcel"},
        units={UnitId(str(s["id"])): Unit.of(s) for s in known if s["kind"] == "unit"},
    )


def verifiers() -> list[NoteVerifier]:
    return [NoteVerifier(LOG.verifier_key)]


R = TypeVar("R", bound=Registry)


def founded(registry: R) -> R:
    """With its genesis, three officers at their posts, and a map head: seven entries before it."""
    registry.found()
    for officer, roles in ((TAHSILDAR, ("tahsildar",)), (SECOND, ("tahsildar",)), (CLERK, ("lekhpal",))):
        registry.enrol(officer)
        registry.post(officer, *roles)
    registry.head()
    return registry


def village(*, parcels: int = 4) -> Registry:
    """Founded, with a village of two khatas, the first of them held by two sisters: ten entries."""
    registry = founded(Registry())
    registry.order("import", devgarh(parcels))
    registry.head()
    return registry


def devgarh(parcels: int) -> Json:
    return {
        "village": {"lgd": LGD, "name": "Devgarh", "name_local": "देवगढ़", "office": OFFICE},
        "source": "Khatauni of 1433 fasli",
        "units": [
            {
                "label": "1",
                "tenure": "transferable",
                "holders": [
                    {"party": {"name": "Asha Devi", "relation": "Ramlal"}, "share": "1/3"},
                    {"party": {"name": "Ravina Devi", "relation": "Ramlal"}, "share": "2/3"},
                ],
            },
            {"label": "2", "tenure": "transferable", "holders": [{"party": {"name": "Meena"}, "share": "1"}]},
        ],
        "parcels": [
            {
                "label": str(101 + n),
                "unit": n % 2,
                "area": {"figure": "0.4021", "unit": "hectare"},
                "land_class": "private",
                "use": "irrigated",
                "former_labels": [],
                "geometry": None,
            }
            for n in range(parcels)
        ],
    }


def sale(registry: Registry, *, share: str = "1/6", seller: int = 0) -> Json:
    """A holder of khata 1 sells a share of it to a new holder."""
    unit = registry.unit("1")
    return {
        "unit": unit.id,
        "sold": "share",
        "sellers": [{"party": unit.shares[seller].party, "share": share}],
        "buyers": [{"party": {"name": "Sita Devi", "relation": "Ram Prasad"}, "share": "1"}],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Devgarh"},
        "consideration": {"paise": 25_000_000},
    }


def whole(registry: Registry, label: str = "1", *, unit: str = "") -> Json:
    """All holders of a khata sell all of it to one new holder."""
    sold = Unit.of(registry.states[unit]) if unit else registry.unit(label)
    return {
        "unit": sold.id,
        "sold": "unit",
        "sellers": [{"party": h.party, "share": format_share(h.share or Fraction(1))} for h in sold.shares],
        "buyers": [{"party": {"name": "Sita Devi", "relation": "Ram Prasad"}, "share": "1"}],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Devgarh"},
        "consideration": {"paise": 25_000_000},
    }
