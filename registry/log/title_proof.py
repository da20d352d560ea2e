"""The file that proves a title (``landlog/title-proof@v1``, transparency spec 4.5): its form, both ways.

A proof file is canonical JSON, so that it has one spelling; one line feed may follow it.  Members of unknown
names are ignored, except names that are not plain words or look like a known one misspelt: such a member would
drop out in silence.  ``registry.verify`` judges what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.canon import Json, NotCanonical, canonical, parse_object
from domain.errors import VerificationError
from registry.log.encoding import MAX_NUMBER, BadBase64, decode_base64, encode_base64
from registry.log.hashing import HASH_BYTES
from registry.log.prefix_map import BITS, KINDS, MapProof, Result

FORMAT = "landlog/title-proof@v1"
MEDIA_TYPE = "application/vnd.landlog.title-proof.v1+json"
MAX_BYTES = 4 * 1024 * 1024
MAX_STATES = 64
MAX_OPENINGS = 1024

MAX_HISTORY = 65_536
MAX_PATH = 63
"""Hashes from an entry to the root of the largest log that there can be."""

_MOST_ADDED = 3  # letters by which a name may be longer and still be taken for a slip

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PROOF = ("format", "origin", "parcel", "map_head", "map_head_proof", "states", "genesis", "openings")
_STATE = ("kind", "id", "result", "value", "path", "history", "other_key", "other_value_hash")
_EVENT = ("index", "entry")
_GENESIS = ("entry", "path")
_OPENING = ("commitment", "field", "salt", "value")
_OPTIONAL = ("history", "genesis", "openings")  # nothing else is missed when its name is spoilt

Doc = dict[str, Json]


class MalformedTitleProof(VerificationError):
    """The file is not a title proof; the message names the part that is wrong."""

    code = "malformed-title-proof"


@dataclass(frozen=True)
class LoggedEvent:
    """An entry of the log with its index."""

    index: int
    entry: bytes


@dataclass(frozen=True, kw_only=True)
class ProvedState:
    """One place of the map: what is there (``value``: the state document's bytes) and the way to the root."""

    kind: str
    id: str
    proof: MapProof
    value: bytes | None = None
    history: tuple[LoggedEvent, ...] | None = None
    """All events of this state, oldest first; None where the proof does not carry them."""


@dataclass(frozen=True, kw_only=True)
class ProvedGenesis:
    """The log's first entry, which names the root keys, with its inclusion path in the checkpoint's tree."""

    entry: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """A private value with the salt that opens its commitment (base64)."""

    commitment: str
    field: str
    salt: bytes
    value: Json

    def __repr__(self) -> str:
        return f"Revealed({self.field!r}, ...)"  # the value is private: it stays out of logs


class Opening(Protocol):
    """What reveals a committed value; ``domain.commitment.Opening`` is one."""

    @property
    def field(self) -> str: ...
    @property
    def salt(self) -> bytes: ...
    @property
    def value(self) -> Json: ...
    @property
    def commitment(self) -> str: ...


def reveal(openings: Iterable[Opening]) -> tuple[Revealed, ...]:
    """The openings in the form in which a proof carries them."""
    return tuple(
        Revealed(commitment=o.commitment, field=o.field, salt=o.salt, value=o.value) for o in openings
    )


@dataclass(frozen=True, kw_only=True)
class TitleProof:
    """A parcel's state, its unit's, and whatever states belong to them, under one map head."""

    origin: str
    parcel: str
    map_head: bytes
    map_head_proof: str
    states: tuple[ProvedState, ...]
    genesis: ProvedGenesis | None = None
    """Where root keys signed an event that is shown: what says which keys these are."""
    openings: tuple[Revealed, ...] = ()

    def format(self) -> bytes:
        """The file's bytes."""
        document: Doc = {
            "format": FORMAT,
            "origin": self.origin,
            "parcel": self.parcel,
            "map_head": encode_base64(self.map_head),
            "map_head_proof": self.map_head_proof,
            "states": [_state_document(state) for state in self.states],
        }
        if self.genesis is not None:
            document["genesis"] = {
                "entry": encode_base64(self.genesis.entry),
                "path": [encode_base64(sibling) for sibling in self.genesis.path],
            }
        if self.openings:
            document["openings"] = [
                {
                    "commitment": o.commitment,
                    "field": o.field,
                    "salt": encode_base64(o.salt),
                    "value": o.value,
                }
                for o in self.openings
            ]
        return canonical(document)


def parse_title_proof(data: bytes) -> TitleProof:
    """Reads a title proof; nothing of it is verified yet.

    Raises:
        MalformedTitleProof: when the bytes are not of the form, or exceed its bounds.
    """
    if len(data) > MAX_BYTES:
        raise MalformedTitleProof(f"the proof has {len(data)} bytes, more than {MAX_BYTES}")
    try:
        document = parse_object(data.removesuffix(b"\n"))
    except NotCanonical as error:
        raise MalformedTitleProof(
            f"the proof cannot be read: {error}",
            remedy="It was changed or cut short on its way: fetch it again, and keep the file as it comes.",
        ) from error
    if document.get("format") != FORMAT:
        raise MalformedTitleProof(f"the file is no title proof: it does not say that its format is {FORMAT}")
    whole = _Members(document, "the proof", _PROOF)
    try:
        return TitleProof(
            origin=whole.text("origin"),
            parcel=whole.text("parcel"),
            map_head=whole.base64("map_head"),
            map_head_proof=whole.text("map_head_proof"),
            states=tuple(
                _parse_state(item, f"states[{n}]")
                for n, item in enumerate(whole.list("states", least=1, most=MAX_STATES))
            ),
            genesis=_parse_genesis(whole.any("genesis")) if whole.has("genesis") else None,
            openings=tuple(
                _parse_opening(item, f"openings[{n}]")
                for n, item in enumerate(whole.list("openings", least=1, most=MAX_OPENINGS))
            )
            if whole.has("openings")
            else (),
        )
    except BadBase64 as error:
        raise MalformedTitleProof(str(error)) from error


def _state_document(state: ProvedState) -> Json:
    proof = state.proof
    document: Doc = {
        "kind": state.kind,
        "id": state.id,
        "result": proof.result.value,
        "path": [encode_base64(sibling) for sibling in proof.path],
    }
    if state.value is not None:
        document["value"] = encode_base64(state.value)
    if proof.other_key is not None and proof.other_value_hash is not None:
        document["other_key"] = encode_base64(proof.other_key)
        document["other_value_hash"] = encode_base64(proof.other_value_hash)
    if state.history is not None:
        document["history"] = [{"index": e.index, "entry": encode_base64(e.entry)} for e in state.history]
    return document


def _parse_state(item: Json, where: str) -> ProvedState:
    members = _Members(item, where, _STATE)
    kind, result = members.text("kind"), members.text("result")
    if kind not in KINDS:
        raise MalformedTitleProof(f"{where}.kind is none of {', '.join(KINDS)}")
    if result not in list(Result):
        raise MalformedTitleProof(f"{where}.result is none of {', '.join(Result)}")
    present, other = result == Result.PRESENT, result == Result.ABSENT_OTHER
    members.only_if(present, "value", "history")
    members.only_if(other, "other_key", "other_value_hash")
    path = members.list("path", least=0, most=BITS)
    return ProvedState(
        kind=kind,
        id=members.text("id"),
        value=members.base64("value") if present else None,
        proof=MapProof(
            result=Result(result),
            path=tuple(_hash(sibling, f"{where}.path[{n}]") for n, sibling in enumerate(path)),
            other_key=members.base64("other_key", HASH_BYTES) if other else None,
            other_value_hash=members.base64("other_value_hash", HASH_BYTES) if other else None,
        ),
        history=_parse_history(members) if members.has("history") else None,
    )


def _parse_history(state: _Members) -> tuple[LoggedEvent, ...]:
    events = []
    for n, item in enumerate(state.list("history", least=1, most=MAX_HISTORY)):
        members = _Members(item, f"{state.where}.history[{n}]", _EVENT)
        events.append(LoggedEvent(members.index("index"), members.base64("entry")))
    return tuple(events)


def _parse_genesis(item: Json) -> ProvedGenesis:
    members = _Members(item, "genesis", _GENESIS)
    path = members.list("path", least=1, most=MAX_PATH)
    return ProvedGenesis(
        entry=members.base64("entry"),
        path=tuple(_hash(sibling, f"genesis.path[{n}]") for n, sibling in enumerate(path)),
    )


def _parse_opening(item: Json, where: str) -> Revealed:
    members = _Members(item, where, _OPENING)
    return Revealed(
        commitment=members.text("commitment"),
        field=members.text("field"),
        salt=members.base64("salt", HASH_BYTES),
        value=members.any("value"),
    )


def _hash(item: Json, where: str) -> bytes:
    if not isinstance(item, str):
        raise MalformedTitleProof(f"{where} is not text")
    return decode_base64(item, what=where, length=HASH_BYTES)


class _Members:
    """The members of one JSON object, read by name and type; complaints say where in the proof they are."""

    def __init__(self, item: Json, where: str, known: tuple[str, ...]) -> None:
        if not isinstance(item, dict):
            raise MalformedTitleProof(f"{where} is not an object")
        self.where = where
        self._members: Mapping[str, Json] = item
        for name in item.keys() - set(known):
            if not _PLAIN_NAME.fullmatch(name):
                raise MalformedTitleProof(f"{where} has a member {name[:40]!r}; names are plain words")
            for right in known:
                if _one_letter_apart(name, right) or (right in _OPTIONAL and _within(name, right)):
                    raise MalformedTitleProof(
                        f"{where} has a member {name!r}, which looks like {right!r} misspelt"
                    )

    def has(self, name: str) -> bool:
        return name in self._members

    def only_if(self, allowed: bool, *names: str) -> None:
        for name in names:
            if self.has(name) and not allowed:
                raise MalformedTitleProof(f"{self.where}.{name} does not belong to this result")

    def any(self, name: str) -> Json:
        if name not in self._members:
            raise MalformedTitleProof(f"{self.where} lacks the member {name!r}")
        return self._members[name]

    def text(self, name: str) -> str:
        value = self.any(name)
        if not isinstance(value, str):
            raise MalformedTitleProof(f"{self.where}.{name} is not text")
        return value

    def index(self, name: str) -> int:
        value = self.any(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_NUMBER:
            raise MalformedTitleProof(f"{self.where}.{name} is not an index of the log")
        return value

    def base64(self, name: str, length: int | None = None) -> bytes:
        return decode_base64(self.text(name), what=f"{self.where}.{name}", length=length)

    def list(self, name: str, *, least: int, most: int) -> list[Json]:
        value = self.any(name)
        if not isinstance(value, list):
            raise MalformedTitleProof(f"{self.where}.{name} is not a list")
        if not least <= len(value) <= most:
            raise MalformedTitleProof(f"{self.where}.{name} has {len(value)} items, not {least} to {most}")
        return value


def _one_letter_apart(name: str, right: str) -> bool:
    return len(name) == len(right) and sum(a != b for a, b in zip(name, right, strict=True)) == 1


def _within(name: str, right: str) -> bool:
    """Whether one of the two is the other with letters added.

    >>> _within("xhistory", "history"), _within("histry", "history"), _within("seal", "history")
    (True, True, False)
    """
    short, long = sorted((name, right), key=len)
    letters = iter(long)
    return len(long) - len(short) <= _MOST_ADDED and all(letter in letters for letter in short)
