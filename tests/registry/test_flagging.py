"""A key that leaked: revoked from an index on, and everything that it touched since shows that it is under review."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from api import clock, founding
from api.counter import Counter
from api.examining import examine
from api.routes.parcels import proof_of
from domain.canon import Json, canonical
from domain.errors import RecordChanged, Refused
from registry import dsse
from registry.acts import Revoke
from registry.append import AlreadyAccepted
from registry.audit.auditor import AuditFailed, Auditor
from registry.audit.source import Directory, LogReader
from registry.authority import NotAppointed
from registry.cluster import Cluster
from registry.flagging import AT_ONCE, Flagging
from registry.flags import ROOT_KEYS, NothingToReview
from registry.keys import Key, load
from registry.log.note import NoteVerifier
from registry.log.policy import Policy
from registry.verify import Verdict, verify_title_proof
from tests.api.test_redrawing import officer, ordered
from tests.api.world import ORIGIN, TODAY, World, parcel, share_sale, unit

_numbers = count(1)
SUCCESSORS = (("UP-REV-000102", "tahsildar"), ("UP-REV-000103", "tahsildar"))
APPOINTING = (("UP-DC-1", "appointing-authority"), ("UP-LEK-9", "lekhpal"))


@pytest.fixture
def world(cluster: Cluster, template: str, tmp_path: Path) -> Iterator[World]:
    name = f"flagged_{next(_numbers)}"
    cluster.create_database(name, template=template)
    world = World.found(
        tmp_path / "home", url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader")
    )
    yield world
    world.house.close()
    cluster.drop_database(name)


def state(world: World, identifier: str) -> dict[str, Any]:
    found = world.house.recorder.load([identifier])[identifier].state()
    assert found is not None
    return dict(found)


def prepared(world: World) -> list[bytes]:
    flagging = Flagging(world.house.recorder)
    return list(
        flagging.prepare(world.officer.keyid, officer=ROOT_KEYS, decided=TODAY, event_id=clock.new_event_id)
    )


def root(world: World) -> Key:
    return load(founding.root_key_files(world.house.settings, 1)[0])


def sealed(payload: bytes, key: Key) -> bytes:
    return dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])


def raise_reviews(world: World) -> list[bytes]:
    entries = [sealed(payload, root(world)) for payload in prepared(world)]
    for entry in entries:
        Flagging(world.house.recorder).submit(entry)
    world.settle()
    return entries


def revoked(world: World, *, since: int | None) -> None:
    world.perform(Revoke(keyid=world.officer.keyid, reason="the token was stolen", suspect_from_index=since))


def sold(world: World) -> int:
    """Asha sells a part of hers; where that stands in the log."""
    receipt = world.record("sale", share_sale(state(world, unit(1))["shares"][0]["party"], share="1/6"))
    index = world.house.index_of(receipt.event_id)
    assert index is not None
    return index


def audited(world: World, place: Path) -> int:
    verifier = NoteVerifier(founding.log_signer(world.house.settings, ORIGIN).verifier_key)
    auditor = Auditor(LogReader(Directory(world.house.settings.log)), [verifier], place)
    try:
        return auditor.follow().size
    finally:
        auditor.ledger.close()


def test_only_what_the_key_touched_since_it_is_in_doubt_is_flagged(world: World, tmp_path: Path) -> None:
    revoked(world, since=sold(world))
    raise_reviews(world)
    [flag] = state(world, unit(1))["restrictions"]
    assert flag["kind"] == "key-review"
    assert flag["since"] == state(world, unit(1))["last_index"]
    assert state(world, unit(2))["restrictions"] == []
    assert prepared(world) == []
    assert audited(world, tmp_path / "audit") > 0
    assert examine(world.house) == []


def test_everything_since_the_first_registration_is_flagged_in_batches(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.flagging.AT_ONCE", 4)
    assert AT_ONCE > 4
    revoked(world, since=0)
    assert len(raise_reviews(world)) == 4  # nine parcels and four khatas, four at a time
    for identifier in (*(f"999101-{n:06d}" for n in range(1, 10)), *(unit(n) for n in range(1, 5))):
        assert [r["kind"] for r in state(world, identifier)["restrictions"]] == ["key-review"]
    assert audited(world, tmp_path / "audit") > 0


def proved(world: World) -> Verdict:
    """What a title proof with whole histories says of the first parcel, judged offline."""
    desk = Counter(world.house, lambda: world.at)
    try:
        data = proof_of(desk, parcel(1), history=True)
    finally:
        desk.close()
    policy = Policy.parse(world.house.settings.policy.read_text())
    return verify_title_proof(data, policy, now=int(world.at.timestamp()))


def test_a_proof_shows_offline_who_put_the_land_under_review_and_who_released_it(world: World) -> None:
    sold(world)
    revoked(world, since=0)
    raise_reviews(world)
    under_review = proved(world)
    assert under_review.signatures_checked, "root keys are those that the genesis entry names"
    assert "key-review" in str(under_review.record)
    successors = [(name, officer(world, name, role)) for name, role in SUCCESSORS]
    paper: Json = {"number": "DM/7/2026", "made": "2026-11-20", "by": "Collectorate"}
    lifted: Json = {
        "land": {"units": [unit(1)], "parcels": [parcel(1)], "on": None},
        "kind": "key-review",
        "entry": None,
        "order": paper,
    }
    ordered(world, "restriction-removed", lifted, *successors)
    released = proved(world)
    assert released.signatures_checked
    assert "key-review" not in str(released.states["unit", unit(1)])
    assert "key-review" not in str(released.record)
    assert not [i for payload in prepared(world) for i in (unit(1), parcel(1)) if i.encode() in payload]


def test_a_review_by_two_officers_is_judged_offline_too(world: World) -> None:
    authority, second = [(name, officer(world, name, role)) for name, role in APPOINTING]
    revoked(world, since=sold(world))
    flagging = Flagging(world.house.recorder)
    for payload in flagging.prepare(
        world.officer.keyid, officer=second[0], decided=TODAY, event_id=clock.new_event_id
    ):
        flagging.submit(
            dsse.seal(
                dsse.EVENT, payload, [k.sign_payload(dsse.EVENT, payload) for _, k in (second, authority)]
            )
        )
    world.settle()
    assert proved(world).signatures_checked


def test_a_review_names_somebody_who_signed_it(world: World) -> None:
    revoked(world, since=0)
    flagging = Flagging(world.house.recorder)
    payload = next(
        flagging.prepare(world.officer.keyid, officer="UP-DC-1", decided=TODAY, event_id=clock.new_event_id)
    )
    with pytest.raises(NotAppointed, match="has not signed"):
        flagging.submit(sealed(payload, root(world)))


def test_land_under_review_is_not_dealt_with(world: World) -> None:
    revoked(world, since=0)
    raise_reviews(world)
    seller = state(world, unit(1))["shares"][0]["party"]
    with pytest.raises(Refused, match="under review"):
        world.record("sale", share_sale(seller))


def test_a_key_that_is_not_in_doubt_gives_nothing_to_review(world: World) -> None:
    with pytest.raises(NothingToReview, match="was not revoked"):
        prepared(world)
    revoked(world, since=None)
    with pytest.raises(NothingToReview, match="from which it is in doubt"):
        prepared(world)
    with pytest.raises(NothingToReview, match="is not the id of a key"):
        Flagging(world.house.recorder).concerned(unit(1))


def test_a_review_takes_the_signatures_of_a_revocation_and_counts_once(world: World) -> None:
    revoked(world, since=0)
    flagging, [payload, *_] = Flagging(world.house.recorder), prepared(world)
    with pytest.raises(NotAppointed):
        flagging.submit(sealed(payload, world.clerk))
    flagging.submit(sealed(payload, root(world)))
    world.settle()
    with pytest.raises(AlreadyAccepted):
        flagging.submit(sealed(payload, root(world)))


def test_a_review_that_was_edited_or_overtaken_is_refused(world: World) -> None:
    revoked(world, since=0)
    flagging, [payload, *_] = Flagging(world.house.recorder), prepared(world)
    with pytest.raises(RecordChanged):
        flagging.submit(sealed(payload.replace(b'"since":null', b'"since":7'), root(world)))
    raise_reviews(world)
    with pytest.raises((RecordChanged, NothingToReview)):
        flagging.submit(
            sealed(payload.replace(b'"decided":"2026-11-21"', b'"decided":"2026-11-20"'), root(world))
        )


def test_a_review_of_land_that_nobody_revoked_a_key_over_condemns_the_log(
    world: World, tmp_path: Path
) -> None:
    """Whoever writes past the office cannot flag what he likes: the auditor knows no such revocation."""
    keyid = world.officer.keyid
    identifier = unit(1)
    before = state(world, identifier)
    payload = canonical(
        {
            "schema": 1,
            "origin": ORIGIN,
            "event_id": clock.new_event_id().hex,
            "type": "record.flagged/1",
            "decided": "2026-11-21",
            "office": before["office"],
            "order_no": "X",
            "officer": ROOT_KEYS,
            "touches": [
                {"id": identifier, "prev_version": before["version"], "prev_history": before["history"]}
            ],
            "set": {
                identifier: {
                    "restrictions": [{"kind": "key-review", "since": None, "on": None, "details": None}]
                }
            },
            "facts": {"keyid": keyid},
            "private": {},
            "documents": [],
        }
    )
    with world.house.datastore.cursor() as cursor:
        cursor.execute(
            "insert into log.queue (event_id, entry) values (gen_random_uuid(), %s)",
            (sealed(payload, root(world)),),
        )
    world.house.sequence()
    with pytest.raises(AuditFailed, match="was not revoked"):
        audited(world, tmp_path / "audit")
