"""Makes the vectors of title proofs, papers, policies, canonical JSON and keys.

``python -m tests.registry.make_vectors`` writes them.

They are made from the formats alone, with fixed keys, and so come out the same each time; ``test_vectors`` sees to
it that what lies in ``tests/vectors`` is what is made here, and that this program's verifier agrees with all of it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nacl.bindings import crypto_core_ed25519_add
from nacl.signing import SigningKey

from domain.canon import Json, canonical, parse_object
from registry import qr
from registry.cbor import Tagged, encode
from registry.flags import KIND, ROOT_KEYS
from registry.log.ed25519 import SeedKey
from registry.log.note import NoteSigner
from registry.log.title_proof import LoggedEvent, TitleProof
from registry.qr import PaperSigner, policy_line, sign_paper
from tests.registry.test_qr import PAPER, PRESS
from tests.registry.titles import (
    ASHA,
    CLERK,
    COLLECTOR,
    NEIGHBOUR,
    NOW,
    OFFICE,
    ORIGIN,
    PARCEL,
    POLICY,
    RAVI,
    ROOTS,
    TAHSILDAR,
    UNIT,
    WITNESS,
    WITNESSED,
    Registry,
    keyid,
    parcel_members,
    unit_members,
    village,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
STRANGER = "593873-000999"
POLICIES = {"plain": POLICY, "witnessed": WITNESSED, "nobody": "quorum none\n"}

Vector = dict[str, Any]
Case = tuple[str, TitleProof | bytes, str, dict[str, Any]]
"""What it shows, the proof, the code of the reason why it is refused (empty where it is not), what else is asked."""


def files() -> dict[str, Any]:
    """The vectors by the name of their file."""
    return {
        "title_proof": title_proofs(),
        "paper": papers(),
        "policy": policies(),
        "canonical_json": canonical_json(),
        "ed25519": keys_and_signatures(),
    }


def text_of(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def title_proofs() -> Vector:
    return {
        "about": "title proofs: what a verifier says of them, or why it refuses them; members that are left out are "
        "policy plain, max_age 86400, no parcel, no as_of_size",
        "now": NOW,
        "policies": POLICIES,
        "good": [_asked(case) for case in _good()],
        "damaged": [_asked(case) for case in _damaged()],
    }


def _asked(case: Case) -> Vector:
    title, proof, error, asked = case
    data = proof.format() if isinstance(proof, TitleProof) else proof
    try:
        file: Vector = {"proof": data.decode()}
    except UnicodeDecodeError:
        file = {"proof_base64": base64.b64encode(data).decode()}
    return {"title": title, **asked, **file, **({"error": error} if error else {})}


def _good() -> Iterator[Case]:
    registry, officer = village(), keyid(TAHSILDAR)
    yield "a parcel and its unit", registry.proof(), "", _shows()
    yield "the same with a line feed at the end", registry.proof().format() + b"\n", "", _shows()
    yield (
        "the holders' names are opened",
        registry.proof(openings=[ASHA, RAVI]),
        "",
        _shows(names=["Asha", "Ravi"]),
    )
    whole = registry.proof(PARCEL, officer, histories=[PARCEL, UNIT, officer], openings=[ASHA, RAVI])
    yield (
        "whole histories, with the officer's key",
        whole,
        "",
        _shows(signatures=True, names=["Asha", "Ravi"]),
    )
    cosigned = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 60))
    yield "cosigned a minute ago", cosigned, "", {"policy": "witnessed", **_shows(as_of=NOW - 60)}
    yield (
        "a parcel that was never registered",
        registry.proof(STRANGER),
        "",
        _shows("absent", parcel=STRANGER),
    )
    retired = registry.proof(NEIGHBOUR)
    yield "a retired parcel", replace(retired, states=retired.states[:1]), "", _shows(parcel=NEIGHBOUR)
    fell_due = {"case": "593873-C000012", "auto": {"rule": "notice"}}
    by_clock = _shows(size=4, signatures=True)
    by_clock["verdict"]["parcel_version"] = 1
    yield "the clock's key signs in a case", _signed(roles=["system"], says=fell_due), "", by_clock
    circle = _signed(**CIRCLE_OFFICER, says={"case": "593873-C000012"})
    yield "a circle officer of Maharashtra signs a sale in its case", circle, "", by_clock
    for title, reviewed in _reviews():
        yield title, reviewed, "", _shows(size=11, signatures=True)
    empty = Registry()
    empty.add_head()
    yield "an empty registry", empty.proof(STRANGER), "", _shows("absent", parcel=STRANGER, size=1)
    burdened = village()
    burdened.order({PARCEL: {"restrictions": [{"kind": "stay", "since": None}]}})
    burdened.order({UNIT: {"charges": [{"kind": "mortgage", "since": None}], "holds": {"c": "withheld"}}})
    burdened.add_head()
    yield "a stay, a mortgage, holds withheld", burdened.proof(), "", _shows(size=9)
    unknown = parse_object(registry.proof().format()) | {"seal": {"by": "the press"}}
    yield "a member of unknown name is ignored", canonical(unknown), "", _shows()
    for size, version in ((2, None), (3, 1), (6, 1)):
        shown = {"parcel_version": version, "status": "absent" if version is None else "current"}
        yield (
            f"the record of the first {size} entries",
            whole,
            "",
            {
                "as_of_size": size,
                "verdict": {**_shows(signatures=True, names=["Asha", "Ravi"])["verdict"], **shown},
            },
        )


def _shows(
    status: str = "current",
    *,
    parcel: str = PARCEL,
    size: int = 6,
    as_of: int | None = None,
    signatures: bool = False,
    names: Sequence[str] = (),
) -> Vector:
    version = {PARCEL: 1 if size == 6 else 2, NEIGHBOUR: 1}.get(parcel)
    return {
        "verdict": {
            "status": status,
            "parcel": parcel,
            "size": size,
            "as_of": as_of,
            "signatures_checked": signatures,
            "names": list(names),
            "parcel_version": version,
        }
    }


def _damaged() -> Iterator[Case]:
    yield from _of_another_log()
    yield from _of_another_time()
    yield from _of_other_states()
    yield from _of_other_histories()
    yield from _of_other_files()


def _of_another_log() -> Iterator[Case]:
    registry = village()
    proof = registry.proof()
    yield "another parcel is asked about", proof, "other-parcel", {"parcel": STRANGER}
    yield "it is relabelled for another parcel", replace(proof, parcel=STRANGER), "other-parcel", {}
    yield "the policy does not know the log", proof, "unknown-log", {"policy": "nobody"}
    yield (
        "the policy asks for a witness, and none has cosigned",
        proof,
        "quorum-missed",
        {"policy": "witnessed"},
    )
    early = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW + 301))
    yield "the witness's clock runs six minutes ahead", early, "quorum-missed", {"policy": "witnessed"}
    stale = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 901))
    yield "the witness's word is too old", stale, "stale-checkpoint", {"policy": "witnessed", "max_age": 900}
    forged = village()
    forged.log = NoteSigner(ORIGIN, SeedKey(bytes([9]) * 32))
    yield "another key has signed the checkpoint", forged.proof(), "unknown-signer", {}
    note = registry.checkpoint()
    signed = note.rpartition(" ")[2].strip()
    spoilt = base64.b64encode(base64.b64decode(signed)[:-1] + b"\0").decode()
    damaged = registry.proof(checkpoint=note.replace(signed, spoilt))
    yield "a byte of the log's signature is another", damaged, "bad-note-signature", {}
    newer = village()
    older = newer.checkpoint(WITNESS)
    newer.order({PARCEL: {"use": "dry"}})
    newer.add_head()
    spliced = newer.checkpoint() + older.split("\n")[-2] + "\n"
    asked = {"policy": "witnessed"}
    yield "the cosignature is of another tree", newer.proof(checkpoint=spliced), "bad-note-signature", asked


def _of_another_time() -> Iterator[Case]:
    registry = village()
    old = registry.proof()
    before = registry.state(UNIT)
    registry.order({UNIT: {"charges": [{"kind": "mortgage", "since": None}]}})
    registry.add_head()
    fresh = registry.proof()
    yield (
        "an old head under a new checkpoint",
        replace(old, map_head_proof=fresh.map_head_proof),
        "not-included",
        {},
    )
    again = replace(old, map_head_proof=registry.proof(head_index=5).map_head_proof)
    yield "an old head with its own path in a longer log", again, "not-newest", {}
    hidden = replace(fresh, states=(fresh.states[0], before))
    yield "the unit as it stood before the mortgage", hidden, "map-path-refused", {}
    miscounted = village()
    miscounted.add_head(size=99)
    yield "the head miscounts the log", miscounted.proof(), "not-newest", {}
    headless = village()
    headless.order({NEIGHBOUR: {"use": "dry"}})
    yield "the log does not end in a map head", headless.proof(), "malformed-map-head", {}


def _of_other_states() -> Iterator[Case]:
    proof = village().proof()
    parcel, unit = proof.states
    path = parcel.proof.path
    swapped = replace(parcel, proof=replace(parcel.proof, path=(path[1], path[0], *path[2:])))
    yield "two siblings of a path are swapped", replace(proof, states=(swapped, unit)), "map-path-refused", {}
    deeper = replace(parcel, proof=replace(parcel.proof, path=(bytes(32), *path)))
    yield "a place deeper than it needs to be", replace(proof, states=(deeper, unit)), "map-path-refused", {}
    yield "the unit is left out", replace(proof, states=(parcel,)), "unit-missing", {}
    yield "the unit stands twice", replace(proof, states=(parcel, unit, unit)), "malformed-state", {}
    absent = village().proof(STRANGER)
    spelt = replace(absent, parcel="593873-999", states=(replace(absent.states[0], id="593873-999"),))
    yield "another spelling of an id", spelt, "malformed-state", {}
    posing = replace(village().proof(STRANGER), parcel=PARCEL)
    posed = replace(posing, states=(replace(posing.states[0], id=PARCEL),))
    yield "a parcel that exists is shown as absent", posed, _absence_refused(posed), {}
    lies: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("the map holds the document of another kind", {"kind": "unit"}, PARCEL, "malformed-state"),
        ("the map holds the document of another parcel", {"id": STRANGER}, PARCEL, "malformed-state"),
        ("the state is of a later entry than the head", {"last_index": 6}, PARCEL, "malformed-state"),
        ("the version is nought", {"version": 0}, PARCEL, "malformed-state"),
        ("the parcel is neither active nor retired", {"status": "sold"}, PARCEL, "malformed-state"),
        ("the unit does not list the parcel", {"parcels": [NEIGHBOUR]}, UNIT, "unit-missing"),
    )
    for title, members, identifier, error in lies:
        registry = village()
        registry.states[identifier] = {**registry.states[identifier], **members}
        registry.add_head()
        yield title, registry.proof(), error, {}
    registry = village()
    registry.states[keyid(TAHSILDAR)] |= {"postings": [7]}
    registry.add_head()
    yield (
        "an officer's posting is not of the form",
        registry.proof(PARCEL, keyid(TAHSILDAR)),
        "malformed-officer",
        {},
    )


def _absence_refused(proof: TitleProof) -> str:
    """The other leaf lies on the way to one id and not to another; either way it is refused."""
    return "not-another-leaf" if proof.states[0].proof.other_key else "map-path-refused"


def _of_other_histories() -> Iterator[Case]:
    registry = village()
    proof, (first, second) = registry.proof(), registry.events[UNIT]
    later = replace(second, index=second.index + 1)
    for title, events, error in (
        ("the last event is left out", [first], "history-differs"),
        ("the first event is left out", [second], "broken-history"),
        ("two events are swapped", [second, first], "broken-history"),
        ("an event stands at another index", [first, later], "history-differs"),
        ("an event of another parcel", [first, *registry.events[NEIGHBOUR]], "broken-history"),
        ("an event twice", [first, first], "broken-history"),
        ("an event that is no envelope", [LoggedEvent(first.index, b"{}")], "malformed-envelope"),
    ):
        yield title, _with_history(proof, events), error, {}
    foreign = Registry("registry.example/land/other")
    foreign.order({PARCEL: parcel_members(), UNIT: unit_members()})
    yield "an event of another registry", _with_history(proof, foreign.events[UNIT]), "broken-history", {}
    lying = village()
    lying.states[UNIT]["shares"] = [{"party": RAVI.commitment, "num": 1, "den": 1}]
    lying.add_head()
    yield "the map holds a state that no event led to", lying.proof(histories=[UNIT]), "history-differs", {}
    by_clock, case, fired = {"roles": ["system"]}, {"case": "593873-C000012"}, {"auto": {"rule": "notice"}}
    elsewhere = "28/512/1"
    for title, error, signed in (
        ("the officer was posted elsewhere", "signer-not-entitled", {"office": "28/512"}),
        ("the officer's role does not decide sales", "signer-not-entitled", {"roles": ["lekhpal"]}),
        ("the key was revoked before", "signer-not-entitled", {"revoke": True}),
        ("another officer is named than has signed", "signer-not-entitled", {"officer": "AP-2"}),
        ("the signer's key is not shown", "unknown-key", {"signer": CLERK}),
        ("the clock's key signs an order of no case", "signer-not-entitled", {"roles": ["system"]}),
        ("the clock's key signs and does not say so", "signer-not-entitled", {**by_clock, "says": case}),
        ("the clock's key names a rule and no case", "signer-not-entitled", {**by_clock, "says": fired}),
        ("an officer signs in the clock's place", "signer-not-entitled", {"says": {**case, **fired}}),
        ("a circle officer signs a sale in no case", "signer-not-entitled", CIRCLE_OFFICER),
        (
            "a circle officer signs a sale of a day before the law that lets him",
            "signer-not-entitled",
            {**CIRCLE_OFFICER, "says": {**case, "decided": "1971-11-05"}},
        ),
        (
            "a revenue inspector of Uttar Pradesh signs a sale",
            "signer-not-entitled",
            {**CIRCLE_OFFICER, "of": "9/171/901", "says": case},
        ),
        ("an order of no day", "signer-not-entitled", {"says": {"decided": "2026-02-30"}}),
        (
            "the land came from an office where the signer was not posted",
            "signer-not-entitled",
            {"before": elsewhere},
        ),
    ):
        yield title, _signed(**signed), error, {}
    yield from _of_other_reviews()
    bare = village().proof()
    yield "a past size without histories", bare, "history-missing", {"as_of_size": 3}
    whole = village().proof(histories=[PARCEL, UNIT])
    yield "a size that the log has not reached", whole, "beyond-the-log", {"as_of_size": 7}
    yield "a size of nought", whole, "beyond-the-log", {"as_of_size": 0}
    named = village().proof(openings=[ASHA])
    other = replace(named, openings=(replace(named.openings[0], value={"name": "Mohan"}),))
    yield "another name under a commitment of the record", other, "unfounded-opening", {}
    stranger = replace(ASHA, salt=bytes(32))
    yield (
        "a name that the record does not commit to",
        village().proof(openings=[stranger]),
        "unfounded-opening",
        {},
    )


def _with_history(proof: TitleProof, events: Sequence[LoggedEvent]) -> TitleProof:
    return replace(proof, states=(proof.states[0], replace(proof.states[1], history=tuple(events))))


CIRCLE_OFFICER: Mapping[str, Any] = MappingProxyType({"of": "27/521/4201", "roles": ["revenue-inspector"]})
"""He certifies in Maharashtra what nobody opposes (``domain/states/mh/posts.toml``)."""


def _signed(
    *,
    revoke: bool = False,
    signer: Any = TAHSILDAR,
    officer: str = "AP-1",
    says: Mapping[str, Any] = MappingProxyType({}),
    before: str = "",
    of: str = OFFICE,
    **posting: Any,
) -> TitleProof:
    registry = Registry()
    registry.enrol(TAHSILDAR, "AP-1", **{"office": of, **posting})
    if revoke:
        registry.key_event("key.revoked/1", TAHSILDAR, reason="lost")
    if before:
        registry.enrol(CLERK, "AP-3", office="28/512")
        registry.order({PARCEL: parcel_members(office=before), UNIT: unit_members()}, CLERK, officer="AP-3")
    land = {PARCEL: parcel_members(office=of), UNIT: unit_members(office=of)}
    registry.order(land, signer, officer=officer, **says)
    registry.add_head()
    shown = [keyid(TAHSILDAR), keyid(CLERK)] if before else [keyid(TAHSILDAR)]
    return registry.proof(PARCEL, *shown, histories=[PARCEL])


def review(*signers: SigningKey, officer: str = ROOT_KEYS, **order: Any) -> TitleProof:
    """A parcel put under review over the key of its tahsildar, by root keys unless others are told."""
    registry = Registry()
    registry.found(*order.pop("founders", ()), **order.pop("genesis", {}))
    registry.enrol(TAHSILDAR, "AP-1")
    registry.enrol(CLERK, "AP-3", roles=["lekhpal"])
    registry.enrol(COLLECTOR, "AP-9", office="28/511", roles=[order.pop("role", "appointing-authority")])
    registry.order({PARCEL: parcel_members(), UNIT: unit_members()})
    if order.pop("revoke", True):
        registry.key_event("key.revoked/1", TAHSILDAR, reason="stolen", suspect_from_index=7)
    flag: Json = {"kind": KIND, "since": None, "on": None, "details": None}
    says = {"type": "record.flagged/1", **order}
    registry.order({PARCEL: {"restrictions": [flag]}}, *(signers or ROOTS[1:]), officer=officer, **says)
    registry.add_head()
    shown = [keyid(key) for key in (TAHSILDAR, CLERK, COLLECTOR)]
    proof = registry.proof(PARCEL, *shown, histories=[PARCEL, UNIT])
    return replace(proof, genesis=registry.genesis())


def _reviews() -> Iterator[tuple[str, TitleProof]]:
    yield "a key review signed by root keys", review()
    by_officers = review(CLERK, COLLECTOR, officer="AP-3")
    yield (
        "a key review signed by two officers, one of whom appoints there",
        replace(by_officers, genesis=None),
    )
    yield "the same with the genesis entry, which is not needed", by_officers
    yield "a key review signed by root keys and an officer", review(*ROOTS[:2], CLERK, officer="AP-3")


def _of_other_reviews() -> Iterator[Case]:
    whole = review()
    place, error = whole.genesis, "signer-not-entitled"
    assert place is not None
    shorter = replace(whole, genesis=replace(place, path=place.path[:-1]))
    other = Registry()
    other.found(*ROOTS)
    forged = replace(whole, genesis=replace(place, entry=other.entries[0]))
    log = NoteSigner("registry.example/land/other", SeedKey(bytes([1]) * 32)).verifier_key.format()
    foreign = review(genesis={"origin": "registry.example/land/other", "log_keys": [log]})
    yield (
        "root keys signed a review, and the genesis entry is not shown",
        replace(whole, genesis=None),
        "unknown-key",
        {},
    )
    yield "the genesis entry's path is too short", shorter, "not-included", {}
    yield "another genesis entry is shown", forged, "not-included", {}
    yield "the log's first entry is the genesis of another registry", foreign, "malformed-genesis", {}
    yield (
        "the log's first entry names no root keys",
        review(genesis={"root_keys": []}),
        "malformed-genesis",
        {},
    )
    yield (
        "the log's first entry bears one of two signatures",
        review(founders=ROOTS[:1]),
        "too-few-root-signatures",
        {},
    )
    yield (
        "the log's first entry is signed by a stranger",
        review(founders=(*ROOTS[:2], CLERK)),
        "unknown-key",
        {},
    )
    yield "one root key of two signs a review", review(ROOTS[0]), error, {}
    yield "root keys sign a sale", review(type="mutation.sale/1"), error, {}
    yield "root keys sign a review in an officer's name", review(officer="AP-9"), error, {}
    yield "officers sign a review in the name of the root keys", review(CLERK, COLLECTOR), error, {}
    yield "one officer signs a review alone", review(COLLECTOR, officer="AP-9"), error, {}
    yield (
        "two officers sign a review of whom none appoints",
        review(CLERK, COLLECTOR, officer="AP-9", role="tahsildar"),
        error,
        {},
    )
    yield (
        "the officer whose key was revoked is one of the two who sign a review",
        review(TAHSILDAR, COLLECTOR, officer="AP-9"),
        error,
        {},
    )


def _of_other_files() -> Iterator[Case]:
    data = village().proof(openings=[ASHA]).format()
    document = parse_object(data)
    error = "malformed-title-proof"
    yield "the file is cut short", data[: len(data) // 2], error, {}
    yield "the last byte is missing", data[:-1], error, {}
    yield "a blank is slipped in", data[:1] + b" " + data[1:], error, {}
    yield "a member stands twice", data[:-1] + b',"states":[]}', error, {}
    yield "two line feeds follow", data + b"\n\n", error, {}
    yield "a byte is not UTF-8", data[:40] + b"\xff" + data[41:], error, {}
    yield "the format is another", canonical(document | {"format": "landlog/title-proof@v2"}), error, {}
    yield "no state is shown", canonical(document | {"states": []}), error, {}
    yield "a known member is misspelt", data.replace(b'"openings"', b'"openimgs"'), error, {}
    yield "an optional member has a letter too many", data.replace(b'"openings"', b'"0openings"'), error, {}
    yield "a hash's base64 has stray bits", data.replace(b'"path":["', b'"path":["A', 1), error, {}
    yield "it is a list", b"[]", error, {}
    yield "it is empty", b"", error, {}


def papers() -> Vector:
    text = f"https://land.example.in/v#{sign_paper(PAPER, PRESS)}"
    many = tuple((f"खातेदार श्री रामनारायण द्विवेदी {n}", f"{n}/4950") for n in range(1, 100))
    crowded = replace(PAPER, holders=many, holder_count=99)
    return {
        "about": "the text of printed codes: what a verifier reads in them, or why it refuses them",
        "now": NOW,
        "policy": POLICY + policy_line(PRESS.paper_key),
        "good": [
            _paper("three holders", text),
            _paper("the digits alone", sign_paper(PAPER, PRESS)),
            _paper("ninety-nine holders, of whom the first are named", sign_paper(crowded, PRESS)),
        ],
        "damaged": [{"title": title, "text": code, "error": error} for title, code, error in _false_papers()],
    }


def _paper(title: str, text: str) -> Vector:
    read = qr.verify_paper(text, (PRESS.paper_key,), now=NOW)
    return {
        "title": title,
        "text": text,
        "paper": {
            "origin": read.origin,
            "parcel": read.parcel,
            "retired": read.retired,
            "version": read.version,
            "label": read.label,
            "area_m2": read.area_m2,
            "holders": [list(holder) for holder in read.holders],
            "holder_count": read.holder_count,
            "burdens": {n: list(b) if isinstance(b, tuple) else b for n, b in read.burdens.items()},
            "size": read.size,
            "as_of": read.as_of,
            "proof_sha256": read.proof_sha256.hex(),
        },
    }


def _false_papers() -> Iterator[tuple[str, str, str]]:
    digits = sign_paper(PAPER, PRESS)
    cose = qr._unpacked(qr._from_digits(digits))
    protected, body, signature = qr._parts(cose)
    middle = len(digits) // 2
    other = PaperSigner(ORIGIN, SeedKey(bytes([6]) * 32))

    def code(cbor: Any) -> str:
        return qr._to_digits(encode(cbor))

    yield (
        "a digit is another",
        digits[:middle] + str((int(digits[middle]) + 1) % 10) + digits[middle + 1 :],
        _UNREAD,
    )
    yield "the last digit is missing", digits[:-1], _UNREAD
    yield "a zero stands before", "0" + digits, _UNREAD
    yield "a letter among the digits", digits[:middle] + "O" + digits[middle + 1 :], _UNREAD
    yield "there are no digits", "https://land.example.in/v#", _UNREAD
    yield "more digits than a code can have", "1" * 1_001, _UNREAD
    yield "it unpacks to a million zeros", qr._to_digits(zlib.compress(bytes(1 << 20), 9)), _UNREAD
    yield "bytes follow the packed ones", qr._to_digits(zlib.compress(cose, 9) + b"more"), _UNREAD
    changed = body.replace(b"1/2", b"1/1", 1)
    yield "a share was changed", code(Tagged(18, [protected, {}, changed, signature])), "paper-forged"
    spoilt = signature[:-1] + bytes([signature[-1] ^ 1])
    yield "a bit of the signature is another", code(Tagged(18, [protected, {}, body, spoilt])), "paper-forged"
    yield "the signature is missing", code(Tagged(18, [protected, {}, body, b""])), "paper-forged"
    yield "another press has signed", sign_paper(PAPER, other), "unknown-paper-key"
    foreign = replace(PAPER, origin="registry.example/land/other")
    yield "the press speaks for another registry", _pressed(foreign), "paper-forged"
    yield (
        "it is dated an hour ahead",
        sign_paper(replace(PAPER, as_of=NOW + 3600), PRESS),
        "paper-from-the-future",
    )
    yield "a second, unsigned header", code(Tagged(18, [protected, {1: 1}, body, signature])), _UNREAD
    yield "another algorithm", code(Tagged(18, [encode({1: -7, 4: bytes(8)}), {}, body, signature])), _UNREAD
    yield "another tag", code(Tagged(17, [protected, {}, body, signature])), _UNREAD
    long = encode(Tagged(18, [protected, {}, body, signature])).replace(b"\xd2\x84", b"\xd2\x98\x04", 1)
    yield "a length in a longer spelling", qr._to_digits(long), _UNREAD
    yield "signed, and no paper", _pressed_bytes(encode({0: 1})), _UNREAD


_UNREAD = "paper-unreadable"


def _pressed(paper: qr.Paper) -> str:
    return _pressed_bytes(encode(qr._document(paper)))


def _pressed_bytes(body: bytes) -> str:
    return qr._to_digits(qr._sign(body, PRESS))


def policies() -> Vector:
    log, witness = POLICY.split("\n")[0], f"witness bank {WITNESS.verifier_key.format()}"
    damaged: Mapping[str, str] = {
        "there is no quorum line": f"{log}\n",
        "there are two quorum lines": f"{log}\nquorum none\nquorum none\n",
        "the quorum is nobody": f"{log}\nquorum bank\n",
        "a word that no line begins with": f"{log}\nlogs\nquorum none\n",
        "a log is listed twice": f"{log}\n{log}\nquorum none\n",
        "a witness's key in a log's line": f"log {WITNESS.verifier_key.format()}\nquorum none\n",
        "a log's key in a witness's line": f"witness a {log.split()[1]}\nquorum none\n",
        "the hash of a key is another's": f"{log.replace('+', '+0', 1)}\nquorum none\n",
        "a member of a later line": f"group g any bank\n{witness}\nquorum g\n",
        "a threshold higher than there are members": f"{witness}\ngroup g 2 bank\nquorum g\n",
        "a threshold of nought": f"{witness}\ngroup g 0 bank\nquorum g\n",
        "a witness called none": f"{witness.replace('bank', 'none')}\nquorum none\n",
        "a name that is given twice": f"{witness}\ngroup bank any bank\nquorum bank\n",
        "a control character": f"{log}\x07\nquorum none\n",
    }
    return {
        "about": "trust policies (C2SP tlog-policy)",
        "good": [
            {"title": "one log, nobody asked", "policy": POLICY, "logs": 1, "witnesses": 0},
            {"title": "one witness", "policy": WITNESSED, "logs": 1, "witnesses": 1},
            {
                "title": "comments, blanks, tabs, addresses, a group",
                "policy": f"# trust\n\n \t{log}  https://log.example \n{witness} https://w.example\n"
                "group\tg\tall\tbank\nquorum g",
                "logs": 1,
                "witnesses": 1,
            },
        ],
        "damaged": [
            {"title": title, "policy": text, "error": "malformed-policy"} for title, text in damaged.items()
        ],
    }


def canonical_json() -> Vector:
    good = {
        "an object": '{"a":1,"b":[true,false,null],"c":{"d":"e"}}',
        "escapes": '{"a":"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f"}',
        "text beyond ASCII": '{"a":"खाता \U0001f33e \u2028\x7f/"}',
        "the largest and least integers": "[9007199254740991,-9007199254740991]",
        "names that look like numbers": '{"1":0,"10":0,"2":0}',
        "a member called __proto__": '{"__proto__":{"a":1},"constructor":null}',
    }
    damaged: Mapping[str, bytes] = {
        "a blank": b'{"a": 1}',
        "members out of order": b'{"b":1,"a":1}',
        "a member twice": b'{"a":1,"a":1}',
        "a fraction": b"[0.5]",
        "an exponent": b"[1e2]",
        "a minus nought": b"[-0]",
        "an integer beyond 2^53 - 1": b"[9007199254740992]",
        "a number of thirty digits": b"[" + b"9" * 30 + b"]",
        "an escape that is not needed": b'["\\u0041"]',
        "an escape in capitals": b'["\\u001F"]',
        "a slash escaped": b'["\\/"]',
        "half of a surrogate pair": b'["\\ud800"]',
        "text not in normal form C": '["e\u0301"]'.encode(),
        "a name beyond ASCII": '{"नाम":1}'.encode(),
        "a byte order mark": b"\xef\xbb\xbf[]",
        "bytes that are not UTF-8": b'["\xff"]',
        "an overlong spelling of UTF-8": b'["\xc1\x81"]',
        "a trailing comma": b"[1,]",
        "not a number": b"[NaN]",
        "nothing": b"",
    }
    return {
        "about": "canonical JSON (RFC 8785, narrowed): texts that are it, and bytes (base64) that are not",
        "good": [{"title": title, "text": text} for title, text in good.items()],
        "damaged": [
            {"title": title, "base64": base64.b64encode(data).decode(), "error": "not-canonical"}
            for title, data in damaged.items()
        ],
    }


_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_OF_ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
# R = rB + T with T of order 8, S = r + k a: holds only when the equation is multiplied by the cofactor.
_COFACTORED = (
    "7767a3242dc9b58bbc68488c1265cc6cc5f26c6f3c88a5d55e901b0734dca572",
    "dfd3145e691e9b998cb20bd6e1790ccfbd79f23e01dc20a7349e3aec7193acf6"
    "27274fc126f430fade6496aca1d70ff1b1116d2486d52f703c6155365496a60b",
)


def keys_and_signatures() -> Vector:
    key, message = SeedKey(bytes(range(32))), b"landlog"
    good = key.sign(message)
    beyond = int.from_bytes(good[32:], "little") + _ORDER
    identity = bytes([1]) + bytes(31)
    damaged: Mapping[str, bytes] = {
        "a bit of R is another": bytes([good[0] ^ 1]) + good[1:],
        "a bit of S is another": good[:32] + bytes([good[32] ^ 1]) + good[33:],
        "S is not reduced": good[:32] + beyond.to_bytes(32, "little"),
        "R is of small order": identity + good[32:],
        "a byte is missing": good[:-1],
        "there is no signature": b"",
    }
    return {
        "about": "Ed25519: keys that no verifier may take, and signatures over a message in hex. Libraries differ over "
        "the last ones: small order, and the equation with the cofactor",
        "keys_refused": [
            {"title": "the point at infinity", "public": identity.hex(), "error": "small-order-key"},
            {"title": "nought", "public": bytes(32).hex(), "error": "small-order-key"},
            {"title": "a point of order 8", "public": _OF_ORDER_8.hex(), "error": "small-order-key"},
            {
                "title": "not reduced",
                "public": (_P + 3).to_bytes(32, "little").hex(),
                "error": "non-canonical-key",
            },
            {
                "title": "not on the curve",
                "public": (2).to_bytes(32, "little").hex(),
                "error": "invalid-point",
            },
            {
                "title": "outside of the main subgroup",
                "public": crypto_core_ed25519_add(key.public, _OF_ORDER_8).hex(),
                "error": "invalid-point",
            },
            {"title": "too short", "public": key.public[:31].hex(), "error": "key-length"},
        ],
        "signatures": [
            _judged("good", key.public.hex(), good.hex(), message, valid=True),
            *(_judged(title, key.public.hex(), sig.hex(), message) for title, sig in damaged.items()),
            _judged("another message", key.public.hex(), good.hex(), b"landlos"),
            _judged(
                "any message under a key of small order",
                identity.hex(),
                (identity + bytes(32)).hex(),
                message,
            ),
            _judged("only the equation with the cofactor holds", *_COFACTORED, b"torsion"),
        ],
    }


def _judged(title: str, public: str, signature: str, message: bytes, *, valid: bool = False) -> Vector:
    return {
        "title": title,
        "public": public,
        "message": message.hex(),
        "signature": signature,
        "valid": valid,
    }


if __name__ == "__main__":
    for name, document in files().items():
        (VECTORS / f"{name}.json").write_text(text_of(document), encoding="utf-8")
