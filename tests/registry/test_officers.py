"""Who may sign what: founding, enrolment, postings, revocation, each with its own refusal."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib import resources
from uuid import UUID, uuid4

import pytest

from domain import canon
from domain.errors import BadInput, NotFound, RecordChanged
from registry import dsse
from registry.acts import (
    AlreadyEnrolled,
    EndPosting,
    Enrol,
    NotPosted,
    OverlappingPosting,
    Post,
    Revoke,
    UnknownOfficer,
)
from registry.append import AlreadyAccepted, StreamMoved
from registry.ceremony import Ceremony, ForeignOrigin, KeyHasAnotherUse, NotAppointed, SelfPosting
from registry.database import make_engine
from registry.datastore import Datastore
from registry.genesis import (
    PROJECTION_SOURCES,
    AlreadyFounded,
    Genesis,
    TooFewRootSignatures,
    found,
    genesis_payload,
    load_genesis,
    parse_genesis,
    projection_sha256,
)
from registry.history import NotYetSequenced
from registry.keys import Key, NoPossession
from registry.log import ed25519
from registry.log.hashing import leaf_hash
from registry.log.note import ED25519, VerifierKey
from registry.officers import (
    KeyRevoked,
    Officers,
    OtherOfficer,
    OutsideJurisdiction,
    RoleForbids,
    check_may_sign,
    may_sign,
)
from registry.store import OfficeRecorder

ORIGIN = "registry.example/land/test"
DAY = date(2026, 11, 21)
ROOTS = sorted((Key.from_seed(bytes([n]) * 32) for n in (1, 2, 3)), key=lambda key: key.keyid)
LOG = VerifierKey(ORIGIN, ED25519, Key.from_seed(bytes([9]) * 32).public).format()
COLLECTOR, TAHSILDAR, CLERK = (Key.from_seed(bytes([n]) * 32) for n in (11, 12, 13))


def signed(payload_type: str, payload: bytes, *keys: Key) -> bytes:
    return dsse.seal(payload_type, payload, [key.sign_payload(payload_type, payload) for key in keys])


def genesis_entry(*keys: Key, **changes) -> bytes:
    members = {"origin": ORIGIN, "root_keys": [k.public for k in ROOTS], "threshold": 2, "log_keys": [LOG]}
    return signed(dsse.GENESIS, genesis_payload(**{**members, **changes}), *keys)


@pytest.fixture
def store(database) -> Iterator[OfficeRecorder]:
    recorder = OfficeRecorder(Datastore(make_engine(database.url)))
    yield recorder
    recorder.datastore.engine.dispose()


class Registry:
    """A founded registry whose sequencer is the test."""

    def __init__(self, store: OfficeRecorder) -> None:
        self.store = store
        found(store, genesis_entry(*ROOTS[:2]))
        self.ceremony = Ceremony(store)
        self.officers = Officers(store)
        self.sequence()

    def sequence(self) -> None:
        """Give every waiting entry its index, in the order of the queue."""
        with self.store.datastore.cursor() as cursor:
            cursor.execute(
                "select q.event_id, q.entry, (select count(*) from log.entries) from log.queue q"
                " where not exists (select from log.entries l where l.event_id = q.event_id) order by q.position"
            )
            for offset, (event_id, entry, size) in enumerate(cursor.fetchall()):
                cursor.execute(
                    "insert into log.entries (idx, event_id, leaf_hash, entry) values (%s, %s, %s, %s)",
                    (size + offset, event_id, leaf_hash(bytes(entry)), entry),
                )

    def prepare(self, act) -> bytes:
        return self.ceremony.prepare(act, event_id=uuid4(), decided=DAY)

    def do(self, act, *signers: Key) -> UUID:
        event_id = self.ceremony.submit(signed(dsse.KEY, self.prepare(act), *(signers or ROOTS[:2])))
        self.sequence()
        return event_id

    def key(self, key: Key):
        return self.officers.keys([key.keyid])[key.keyid]


@pytest.fixture
def registry(store) -> Registry:
    return Registry(store)


def enrol(key: Key, officer: str, **changes) -> Enrol:
    act = Enrol(public=key.public, officer=officer, pop=key.prove_possession(origin=ORIGIN, officer=officer))
    return replace(act, **changes)


@pytest.fixture
def staffed(registry) -> Registry:
    """The collector of a district, who appoints, and a tahsildar below."""
    registry.do(enrol(COLLECTOR, "AP-COLL-01"))
    registry.do(Post(officer="AP-COLL-01", office="28/511", roles=["appointing-authority"]))
    registry.do(enrol(TAHSILDAR, "AP-REV-02"), COLLECTOR)
    registry.do(Post(officer="AP-REV-02", office="28/511/5257", roles=["tahsildar"]), COLLECTOR)
    return registry


# Founding


def test_the_genesis_entry_says_who_the_registry_is_and_by_what_rules(store):
    assert found(store, genesis_entry(*ROOTS[:2])) == load_genesis(store)
    assert load_genesis(store) == Genesis(
        origin=ORIGIN,
        root_keys={key.keyid: key.public for key in ROOTS},
        threshold=2,
        log_keys=(LOG,),
        projection_id="landlog-projection/1",
        projection_sha256=projection_sha256(),
    )


def test_a_registry_is_founded_once(registry):
    with pytest.raises(AlreadyFounded, match=ORIGIN):
        found(registry.store, genesis_entry(*ROOTS[:2]))
    with pytest.raises(AlreadyFounded):
        found(registry.store, genesis_entry(*ROOTS))


def test_a_registry_that_is_not_founded_says_so(store):
    with pytest.raises(NotFound, match="not been founded"):
        Ceremony(store)


@pytest.mark.quick
def test_fewer_root_keys_than_the_threshold_cannot_found():
    with pytest.raises(TooFewRootSignatures):
        parse_genesis(genesis_entry(ROOTS[0]))


@pytest.mark.quick
def test_a_stranger_cannot_sign_a_genesis():
    with pytest.raises(dsse.UnknownKey):
        parse_genesis(genesis_entry(ROOTS[0], CLERK))


@pytest.mark.quick
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"threshold": 0}, "threshold"),
        ({"threshold": 4}, "threshold"),
        ({"root_keys": []}, "threshold"),
        ({"root_keys": [ROOTS[0].public] * 2}, "root_keys"),
        ({"origin": "two words"}, "origin"),
        ({"log_keys": []}, "log_keys"),
        ({"origin": "registry.example/other"}, "log_keys"),
    ],
)
def test_a_genesis_that_cannot_hold_is_refused_naming_the_field(changes, field):
    with pytest.raises(BadInput) as refusal:
        genesis_entry(*ROOTS, **changes)
    assert refusal.value.field == field


@pytest.mark.quick
def test_a_root_key_of_small_order_is_refused():
    with pytest.raises(ed25519.SmallOrderKey):
        genesis_entry(*ROOTS, root_keys=[bytes(32)])


@pytest.mark.quick
def test_the_projection_is_pinned_with_all_that_it_imports():
    reached, waiting = set(), ["projection.py"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        tree = ast.parse(resources.files("domain").joinpath(name).read_text(encoding="utf-8"))
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        files = {source_of(m.removeprefix("domain.")) for m in modules if m.startswith("domain.")}
        waiting += sorted(files - reached)
    assert sorted(reached) == list(PROJECTION_SOURCES)


def source_of(module: str) -> str:
    """The file of a module of ``domain``: its own, or that of the package."""
    package = f"{module}/__init__.py"
    return package if resources.files("domain").joinpath(package).is_file() else f"{module}.py"


# Enrolment


def test_an_enrolled_key_has_no_power_before_a_posting_gives_it_some(registry):
    registry.do(enrol(TAHSILDAR, "AP-REV-02"))
    key = registry.key(TAHSILDAR)
    assert (key.officer, key.public, key.enrolled, key.revoked, key.postings) == (
        "AP-REV-02",
        TAHSILDAR.public,
        1,
        None,
        (),
    )
    assert not may_sign(key, officer="AP-REV-02", office="28/511", event_type="mutation.sale/1", day=DAY)


def test_the_state_of_a_key_is_the_leaf_that_the_specification_names(staffed):
    history = staffed.store.load([TAHSILDAR.keyid])[TAHSILDAR.keyid]
    state = history.state()
    assert set(state) == {
        *("kind", "id", "version", "last_index", "history"),
        *("pub", "officer", "enrolled", "revoked", "postings"),
    }
    assert (state["kind"], state["id"], state["version"]) == ("officer", TAHSILDAR.keyid, 2)
    assert state["postings"] == [{"office": "28/511/5257", "roles": ["tahsildar"], "from": 4, "to": None}]


def test_a_key_is_enrolled_once_also_after_its_revocation(registry):
    registry.do(enrol(TAHSILDAR, "AP-REV-02"))
    with pytest.raises(AlreadyEnrolled, match="AP-REV-02"):
        registry.prepare(enrol(TAHSILDAR, "AP-REV-77"))
    registry.do(Revoke(keyid=TAHSILDAR.keyid, reason="token lost"))
    with pytest.raises(AlreadyEnrolled):
        registry.prepare(enrol(TAHSILDAR, "AP-REV-02"))


def test_nobody_enrols_a_key_that_he_cannot_use(registry):
    anothers = CLERK.prove_possession(origin=ORIGIN, officer="AP-REV-02")
    with pytest.raises(NoPossession):
        registry.prepare(enrol(TAHSILDAR, "AP-REV-02", pop=anothers))


def test_small_order_keys_are_refused_at_enrolment(registry):
    payload = canon.parse_object(registry.prepare(enrol(TAHSILDAR, "AP-REV-02")))
    payload["pub"] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    with pytest.raises(ed25519.SmallOrderKey):
        registry.ceremony.submit(signed(dsse.KEY, canon.canonical(payload), *ROOTS[:2]))


@pytest.mark.parametrize("key", [ROOTS[2], Key.from_seed(bytes([9]) * 32)], ids=["root key", "log key"])
def test_a_key_serves_one_purpose(registry, key):
    with pytest.raises(KeyHasAnotherUse):
        registry.prepare(enrol(key, "AP-REV-02"))


@pytest.mark.parametrize("officer", ["", "two words", "अधिकारी", "X" * 65, "a//b"])
def test_an_officer_who_cannot_be_named_is_refused(registry, officer):
    with pytest.raises(BadInput) as refusal:
        registry.prepare(enrol(TAHSILDAR, officer))
    assert refusal.value.field == "officer"


# Postings


def test_a_posting_covers_its_office_and_what_lies_below_and_nothing_else(staffed):
    key = staffed.key(TAHSILDAR)
    sale = {"officer": "AP-REV-02", "event_type": "mutation.sale/1", "day": DAY}
    check_may_sign(key, office="28/511/5257", **sale)
    check_may_sign(key, office="28/511/5257/12", **sale)
    for elsewhere in ("28/511", "28/511/525", "28/511/52571", "28/512/5257"):
        with pytest.raises(OutsideJurisdiction):
            check_may_sign(key, office=elsewhere, **sale)


def test_each_reason_against_a_signature_has_its_own_error(staffed):
    key = staffed.key(TAHSILDAR)
    order = {"officer": "AP-REV-02", "office": "28/511/5257", "event_type": "mutation.sale/1", "day": DAY}
    with pytest.raises(OtherOfficer):
        check_may_sign(key, **{**order, "officer": "AP-REV-99"})
    with pytest.raises(RoleForbids, match="tahsildar"):
        check_may_sign(key, **{**order, "event_type": "posting.started/1"})
    staffed.do(Revoke(keyid=TAHSILDAR.keyid, reason="token lost"))
    with pytest.raises(KeyRevoked, match="entry 5"):
        check_may_sign(staffed.key(TAHSILDAR), **order)


def test_an_accepted_revocation_counts_before_it_has_its_place_in_the_log(staffed):
    payload = staffed.prepare(Revoke(keyid=TAHSILDAR.keyid, reason="token lost"))
    staffed.ceremony.submit(signed(dsse.KEY, payload, *ROOTS[:2]))
    key = staffed.key(TAHSILDAR)
    assert key.revoked is not None
    assert not may_sign(key, officer="AP-REV-02", office="28/511/5257", event_type="mutation.sale/1", day=DAY)


def test_an_ended_posting_gives_no_power_and_can_be_opened_again(staffed):
    posting = {"officer": "AP-REV-02", "office": "28/511/5257", "roles": ["tahsildar"]}
    order = {"officer": "AP-REV-02", "office": "28/511/5257", "event_type": "mutation.sale/1", "day": DAY}
    staffed.do(EndPosting(**posting), COLLECTOR)
    with pytest.raises(OutsideJurisdiction):
        check_may_sign(staffed.key(TAHSILDAR), **order)
    with pytest.raises(NotPosted):
        staffed.prepare(EndPosting(**posting))
    staffed.do(Post(**posting), COLLECTOR)
    check_may_sign(staffed.key(TAHSILDAR), **order)
    assert [(p.start, p.end) for p in staffed.key(TAHSILDAR).postings] == [(4, 5), (6, None)]


@pytest.mark.parametrize("office", ["28/511/5257", "28/511/5257/12", "28/511", "28"])
def test_the_same_role_cannot_be_held_twice_over_the_same_land(staffed, office):
    with pytest.raises(OverlappingPosting, match="28/511/5257 as tahsildar since entry 4"):
        staffed.prepare(Post(officer="AP-REV-02", office=office, roles=["lekhpal", "tahsildar"]))


def test_another_role_or_another_office_may_be_held_beside(staffed):
    staffed.do(Post(officer="AP-REV-02", office="28/511/5258", roles=["tahsildar"]), COLLECTOR)
    staffed.do(Post(officer="AP-REV-02", office="28/511/5257", roles=["survey-officer"]), COLLECTOR)
    assert len(staffed.key(TAHSILDAR).postings) == 3


def test_a_second_key_of_an_officer_is_posted_by_the_same_act_again(staffed):
    spare = Key.from_seed(bytes([21]) * 32)
    staffed.do(enrol(spare, "AP-REV-02"), COLLECTOR)
    assert staffed.key(spare).postings == ()
    posting = Post(officer="AP-REV-02", office="28/511/5257", roles=["tahsildar"])
    payload = canon.parse_object(staffed.prepare(posting))
    assert [touch["id"] for touch in payload["touches"]] == [spare.keyid]
    staffed.do(posting, COLLECTOR)
    assert may_sign(
        staffed.key(spare), officer="AP-REV-02", office="28/511/5257", event_type="mutation.sale/1", day=DAY
    )
    both = EndPosting(officer="AP-REV-02", office="28/511/5257", roles=["tahsildar"])
    payload = canon.parse_object(staffed.prepare(both))
    assert [touch["id"] for touch in payload["touches"]] == sorted([spare.keyid, TAHSILDAR.keyid])
    staffed.do(both, COLLECTOR)
    assert not staffed.key(spare).covers("28/511/5257")
    assert not staffed.key(TAHSILDAR).covers("28/511/5257")


def test_an_officer_without_a_key_cannot_be_posted(staffed):
    with pytest.raises(UnknownOfficer):
        staffed.prepare(Post(officer="AP-REV-99", office="28/511", roles=["tahsildar"]))
    staffed.do(Revoke(keyid=TAHSILDAR.keyid, reason="retired"))
    with pytest.raises(UnknownOfficer, match="revoked"):
        staffed.prepare(Post(officer="AP-REV-02", office="28/512", roles=["tahsildar"]))


@pytest.mark.parametrize(
    ("office", "roles", "field"),
    [
        ("", ["tahsildar"], "office"),
        ("28//511", ["tahsildar"], "office"),
        ("/28", ["tahsildar"], "office"),
        ("28/511/", ["tahsildar"], "office"),
        ("Andhra Pradesh", ["tahsildar"], "office"),
        ("28/511", [], "roles"),
        ("28/511", ["patwari"], "roles"),
    ],
)
def test_an_unknown_office_or_role_is_refused_with_its_field(staffed, office, roles, field):
    with pytest.raises(BadInput) as refusal:
        staffed.prepare(Post(officer="AP-REV-02", office=office, roles=roles))
    assert refusal.value.field == field


# Who may sign an act about keys


def test_one_root_key_of_two_is_not_enough(registry):
    with pytest.raises(NotAppointed, match="2 root keys"):
        registry.do(enrol(TAHSILDAR, "AP-REV-02"), ROOTS[0])


def test_an_appointing_authority_posts_below_its_own_office_only(staffed):
    staffed.do(enrol(CLERK, "AP-REV-03"), COLLECTOR)
    with pytest.raises(NotAppointed, match="28/512"):
        staffed.do(Post(officer="AP-REV-03", office="28/512/1", roles=["lekhpal"]), COLLECTOR)
    with pytest.raises(NotAppointed, match="over 28"):
        staffed.do(Post(officer="AP-REV-03", office="28", roles=["lekhpal"]), COLLECTOR)
    with pytest.raises(NotAppointed):
        staffed.do(Post(officer="AP-REV-03", office="28/511/5257", roles=["lekhpal"]), TAHSILDAR)


def test_nobody_opens_a_posting_for_himself(staffed):
    with pytest.raises(SelfPosting):
        staffed.do(Post(officer="AP-COLL-01", office="28/511/5257", roles=["tahsildar"]), COLLECTOR)


def test_a_revocation_by_officers_takes_two_of_them(staffed):
    staffed.do(enrol(CLERK, "AP-REV-03"), COLLECTOR)
    revocation = Revoke(keyid=TAHSILDAR.keyid, reason="token lost", suspect_from_index=3)
    with pytest.raises(NotAppointed, match="two of them"):
        staffed.do(revocation, COLLECTOR)
    staffed.do(revocation, COLLECTOR, CLERK)
    state = staffed.store.load([TAHSILDAR.keyid])[TAHSILDAR.keyid].state()
    assert (state["revoked"], state["suspect_from_index"]) == (6, 3)


def test_a_revoked_authority_appoints_nobody(staffed):
    staffed.do(Revoke(keyid=COLLECTOR.keyid, reason="transferred"))
    with pytest.raises(NotAppointed):
        staffed.do(enrol(CLERK, "AP-REV-03"), COLLECTOR)


def test_a_key_that_is_not_enrolled_signs_nothing(registry):
    with pytest.raises(dsse.UnknownKey):
        registry.do(enrol(TAHSILDAR, "AP-REV-02"), CLERK)


def test_a_revocation_names_a_known_key_in_force(staffed):
    with pytest.raises(NotFound):
        staffed.prepare(Revoke(keyid=CLERK.keyid, reason="never seen"))
    staffed.do(Revoke(keyid=TAHSILDAR.keyid, reason="token lost"))
    with pytest.raises(KeyRevoked):
        staffed.prepare(Revoke(keyid=TAHSILDAR.keyid, reason="again"))
    for changes in ({"reason": " "}, {"suspect_from_index": -1}):
        act = Revoke(**{"keyid": COLLECTOR.keyid, "reason": "leaked", **changes})
        with pytest.raises(BadInput):
            staffed.prepare(act)


# What comes back is what was prepared


def test_a_ceremony_counts_once(registry):
    entry = signed(dsse.KEY, registry.prepare(enrol(TAHSILDAR, "AP-REV-02")), *ROOTS[:2])
    registry.ceremony.submit(entry)
    with pytest.raises(AlreadyAccepted):
        registry.ceremony.submit(entry)


def test_a_ceremony_for_another_registry_is_refused(registry):
    payload = canon.parse_object(registry.prepare(enrol(TAHSILDAR, "AP-REV-02")))
    elsewhere = canon.canonical({**payload, "origin": "registry.example/other"})
    with pytest.raises(ForeignOrigin):
        registry.ceremony.submit(signed(dsse.KEY, elsewhere, *ROOTS[:2]))


def test_a_payload_that_was_edited_is_refused_although_well_signed(registry):
    payload = canon.parse_object(registry.prepare(enrol(TAHSILDAR, "AP-REV-02")))
    edited = canon.canonical({**payload, "postings": []})
    with pytest.raises(RecordChanged, match="edited"):
        registry.ceremony.submit(signed(dsse.KEY, edited, *ROOTS[:2]))


def test_a_ceremony_prepared_before_another_must_be_prepared_again(staffed):
    stale = staffed.prepare(Post(officer="AP-REV-02", office="28/511/5258", roles=["tahsildar"]))
    staffed.do(Post(officer="AP-REV-02", office="28/511/5259", roles=["tahsildar"]))
    with pytest.raises(RecordChanged):
        staffed.ceremony.submit(signed(dsse.KEY, stale, *ROOTS[:2]))


def test_what_follows_on_an_event_without_a_place_in_the_log_waits(registry):
    payload = registry.prepare(enrol(TAHSILDAR, "AP-REV-02"))
    registry.ceremony.submit(signed(dsse.KEY, payload, *ROOTS[:2]))
    with pytest.raises(NotYetSequenced, match=TAHSILDAR.keyid):
        registry.prepare(Post(officer="AP-REV-02", office="28/511", roles=["tahsildar"]))


def test_a_signer_revoked_between_judgement_and_append_stops_the_act(staffed, monkeypatch):
    entry = signed(dsse.KEY, staffed.prepare(enrol(CLERK, "AP-REV-03")), COLLECTOR)
    append = staffed.store.append

    def revoked_meanwhile(what):
        monkeypatch.setattr(staffed.store, "append", append)
        staffed.do(Revoke(keyid=COLLECTOR.keyid, reason="leaked"))
        return append(what)

    monkeypatch.setattr(staffed.store, "append", revoked_meanwhile)
    with pytest.raises(StreamMoved) as moved:
        staffed.ceremony.submit(entry)
    assert moved.value.stream == COLLECTOR.keyid


@pytest.mark.parametrize(
    "damage", [{"type": "key.lost/1"}, {"pub": 7}, {"event_id": "x"}, {"decided": "21.11.2026"}]
)
def test_a_malformed_act_is_refused_in_words(registry, damage):
    payload = canon.parse_object(registry.prepare(enrol(TAHSILDAR, "AP-REV-02")))
    with pytest.raises(BadInput):
        registry.ceremony.submit(signed(dsse.KEY, canon.canonical({**payload, **damage}), *ROOTS[:2]))


def test_an_order_about_land_is_no_ceremony(registry):
    with pytest.raises(BadInput, match="has the type"):
        registry.ceremony.submit(signed(dsse.EVENT, b'{"a":1}', ROOTS[0]))
