"""A registry in memory: orders, a log, a map, and title proofs, made from the formats alone.

It measures the verifier without a database, and can be told to lie where an honest registry never would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from nacl.signing import SigningKey

from domain.canon import Json, canonical, parse_object
from domain.commitment import Opening
from domain.ids import kind_of
from domain.projection import NO_HISTORY, PROJECTION, advance
from registry import dsse
from registry.genesis_entry import genesis_payload
from registry.log.checkpoint import Checkpoint, sign_checkpoint
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.encoding import encode_base64
from registry.log.hashing import leaf_hash, node_hash
from registry.log.map_head import MapHead
from registry.log.note import NoteSigner
from registry.log.prefix_map import map_key, subtree_root
from registry.log.title_proof import LoggedEvent, ProvedGenesis, ProvedState, TitleProof, reveal
from registry.log.tlog_proof import TlogProof
from registry.log.tree import prove_inclusion, range_root
from tests.registry.log.maps import prove, sorted_leaves

ORIGIN = "registry.example/land/test"
NOW = 1_800_000_000
OFFICE = "28/511/5257"
PARCEL, UNIT, NEIGHBOUR = "593873-000145", "593873-U000045", "593873-000146"
LOG = NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32))
WITNESS = CosignatureSigner("witness.example/bank", SeedKey(bytes([2]) * 32))
TAHSILDAR, CLERK = SigningKey(bytes([3]) * 32), SigningKey(bytes([4]) * 32)
COLLECTOR = SigningKey(bytes([7]) * 32)
ROOTS = tuple(SigningKey(bytes([n]) * 32) for n in (10, 11, 12))
"""Root keys, of which two must sign."""
ASHA = Opening("party", bytes(range(32)), {"name": "Asha"})
RAVI = Opening("party", bytes(range(1, 33)), {"name": "Ravi"})
POLICY = f"log {LOG.verifier_key.format()}\nquorum none\n"
WITNESSED = f"log {LOG.verifier_key.format()}\nwitness bank {WITNESS.verifier_key.format()}\nquorum bank\n"

Doc = dict[str, Json]


def keyid(key: SigningKey) -> str:
    return dsse.keyid(bytes(key.verify_key))


def parcel_members(**changed: Json) -> Doc:
    return {
        "status": "active",
        "village": "593873",
        "office": OFFICE,
        "label": "101/2",
        "unit": UNIT,
        "area_m2": "1234.5000",
        "restrictions": [],
        "pending": [],
        "successors": [],
        **changed,
    }


def unit_members(**changed: Json) -> Doc:
    return {
        "status": "active",
        "village": "593873",
        "office": OFFICE,
        "label": "45",
        "parcels": [PARCEL],
        "shares": [{"party": ASHA.commitment, "num": 1, "den": 1}],
        "charges": [],
        "restrictions": [],
        "holds": [],
        "pending": [],
        **changed,
    }


class Registry:
    """Entries in the order they came, the states they lead to, and the events of each."""

    def __init__(self, origin: str = ORIGIN, log: NoteSigner = LOG) -> None:
        self.origin, self.log = origin, log
        self.entries: list[bytes] = []
        self.states: dict[str, Doc] = {}
        self.events: dict[str, list[LoggedEvent]] = {}

    def found(self, *signers: SigningKey, **changed: Json) -> None:
        """The genesis entry, which must be the first: it names the root keys, and two of them have signed it."""
        public = [bytes(key.verify_key) for key in ROOTS]
        payload = genesis_payload(
            origin=self.origin, root_keys=public, threshold=2, log_keys=[self.log.verifier_key.format()]
        )
        says = {**parse_object(payload), "projection": {"id": PROJECTION, "sha256": "as released"}, **changed}
        data = canonical(cast("Json", says))
        signatures = [dsse.sign(key, dsse.GENESIS, data) for key in signers or ROOTS[:2]]
        self.entries.append(dsse.seal(dsse.GENESIS, data, signatures))

    def genesis(self) -> ProvedGenesis:
        """The first entry with its place in the tree of now."""
        path = prove_inclusion(index=0, size=len(self.entries), subtree=self._subtree)
        return ProvedGenesis(entry=self.entries[0], path=tuple(path))

    def order(
        self, changes: Mapping[str, Doc], *signers: SigningKey, officer: str = "AP-1", **members: Json
    ) -> int:
        """An officer's order that sets what it says; its index."""
        return self._append(
            dsse.EVENT, signers or (TAHSILDAR,), changes, set=dict(changes), officer=officer, **members
        )

    def key_event(self, type_: str, key: SigningKey, **members: Json) -> int:
        """An event about an officer's key, signed by a root key."""
        return self._append(dsse.KEY, (SigningKey(bytes(32)),), {keyid(key): {}}, type=type_, **members)

    def enrol(
        self, key: SigningKey, officer: str, *, office: str = OFFICE, roles: Sequence[str] = ("tahsildar",)
    ) -> None:
        public = encode_base64(bytes(key.verify_key))
        self.key_event("key.enrolled/1", key, keyid=keyid(key), pub=public, officer=officer)
        self.key_event("posting.started/1", key, office=office, roles=list(roles))

    def _append(
        self, type_: str, signers: Sequence[SigningKey], touched: Mapping[str, Doc], **members: Any
    ) -> int:
        touches = [
            {
                "id": i,
                "prev_version": self.states.get(i, {}).get("version", 0),
                "prev_history": self.states.get(i, {}).get("history", NO_HISTORY),
            }
            for i in sorted(touched)
        ]
        payload = {
            "schema": 1,
            "type": "mutation.sale/1",
            "origin": self.origin,
            "decided": "2026-11-21",
            "office": OFFICE,
            "touches": touches,
        }
        data = canonical(cast("Json", {**payload, **members}))
        entry = dsse.seal(type_, data, [dsse.sign(key, type_, data) for key in signers])
        index, leaf = len(self.entries), leaf_hash(entry)
        self.entries.append(entry)
        self.states |= advance(self.states, type_, dsse.parse_payload(data), index, leaf)
        for i in touched:
            self.events.setdefault(i, []).append(LoggedEvent(index, entry))
        return index

    def values(self) -> dict[bytes, bytes]:
        """The map: state documents by key."""
        return {
            map_key(kind_of(i), origin=self.origin, identifier=i): canonical(cast("Json", doc))
            for i, doc in self.states.items()
        }

    def add_head(self, **changed: Any) -> None:
        """Ends a batch with a map head, which may be told to say something else than the truth."""
        leaves = sorted_leaves(self.values())
        head = MapHead(
            size=len(self.entries),
            root=subtree_root(leaves),
            leaves=len(leaves),
            time=NOW,
            projection=PROJECTION,
        )
        self.entries.append(replace(head, **changed).format())

    def checkpoint(self, *cosigners: CosignatureSigner, time: int = NOW) -> str:
        root = range_root(0, len(self.entries), self._subtree)
        note = sign_checkpoint(Checkpoint(origin=self.origin, size=len(self.entries), root=root), self.log)
        lines = [c.sign(note.text, time=time) for c in cosigners]
        return replace(note, signatures=(*note.signatures, *lines)).format()

    def proof(
        self,
        parcel: str = PARCEL,
        *others: str,
        histories: Sequence[str] = (),
        openings: Sequence[Opening] = (),
        checkpoint: str | None = None,
        head_index: int | None = None,
    ) -> TitleProof:
        """The title proof of a parcel under the newest map head, with its unit and what else is named."""
        index = len(self.entries) - 1 if head_index is None else head_index
        unit = self.states.get(parcel, {}).get("unit")
        path = prove_inclusion(index=index, size=len(self.entries), subtree=self._subtree)
        note = checkpoint or self.checkpoint()
        return TitleProof(
            origin=self.origin,
            parcel=parcel,
            map_head=self.entries[index],
            map_head_proof=TlogProof(index=index, path=tuple(path), checkpoint=note).format(),
            states=tuple(
                self.state(i, i in histories) for i in (parcel, *([str(unit)] if unit else []), *others)
            ),
            openings=reveal(openings),
        )

    def state(self, identifier: str, history: bool = False) -> ProvedState:
        key = map_key(kind_of(identifier), origin=self.origin, identifier=identifier)
        values = self.values()
        return ProvedState(
            kind=kind_of(identifier),
            id=identifier,
            proof=prove(values, key),
            value=values.get(key),
            history=tuple(self.events[identifier]) if history else None,
        )

    def _subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(self.entries[index])
        return node_hash(self._subtree(level - 1, 2 * index), self._subtree(level - 1, 2 * index + 1))


def village() -> Registry:
    """Two officers, a parcel held by Asha, a mortgage-free sale of half to Ravi, and a neighbour."""
    registry = Registry()
    registry.enrol(TAHSILDAR, "AP-1")
    registry.order({PARCEL: parcel_members(), UNIT: unit_members()})
    registry.order({NEIGHBOUR: parcel_members(label="101/3", status="retired", successors=["593873-000200"])})
    half = [{"party": o.commitment, "num": 1, "den": 2} for o in (ASHA, RAVI)]
    registry.order({UNIT: {"shares": cast("Json", half)}})
    registry.add_head()
    return registry
