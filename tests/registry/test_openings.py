"""Private values are sealed at rest, open under the registry's key only, and can be erased for good."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from domain.commitment import Opening
from registry.append import Append
from registry.database import make_engine
from registry.datastore import Datastore
from registry.openings import (
    KEY_FILE,
    OpeningBox,
    OpeningDamaged,
    Openings,
    load_opening_key,
    make_opening_key,
)
from registry.secretfile import SecretFileError, SecretFileExists, SecretFileMissing, SecretFileTooOpen
from registry.store import OfficeRecorder

ASHA = Opening("party", bytes(range(32)), {"name": "आशा देवी", "relation": "w/o रमेश"})
PRICE = Opening("consideration", bytes(32), "1250000.00")


@pytest.fixture
def store(database) -> Iterator[OfficeRecorder]:
    recorder = OfficeRecorder(Datastore(make_engine(database.url)))
    yield recorder
    recorder.datastore.engine.dispose()


def record(store: OfficeRecorder, box: OpeningBox, *openings: Opening) -> None:
    event = StoredEvent(f"593873-U{uuid4().int % 10**6:06d}", 1, "mutation.sale/1", b"{}")
    store.append(Append(events=[event], event_id=uuid4(), entry=b"{}", openings=box.seal_all(openings)))


def test_openings_recorded_with_an_order_are_read_by_their_commitments(store):
    box = OpeningBox(bytes(32))
    record(store, box, ASHA, PRICE)
    found = Openings(store.datastore, box).read([ASHA.commitment, PRICE.commitment, ASHA.commitment])
    assert found == {ASHA.commitment: ASHA, PRICE.commitment: PRICE}


def test_an_erased_value_is_gone_and_the_order_stands(store):
    box = OpeningBox(bytes(32))
    record(store, box, ASHA, PRICE)
    openings = Openings(store.datastore, box)
    assert openings.erase(ASHA.commitment)
    assert not openings.erase(ASHA.commitment)
    assert list(openings.read([ASHA.commitment, PRICE.commitment])) == [PRICE.commitment]
    with store.datastore.cursor() as cursor:
        cursor.execute("select (select count(*) from events.event), (select count(*) from log.queue)")
        assert cursor.fetchone() == (1, 1)


def test_the_database_alone_tells_nothing(store):
    record(store, OpeningBox(bytes(32)), ASHA)
    with store.datastore.cursor() as cursor:
        cursor.execute("select sealed from private.opening")
        sealed = bytes(cursor.fetchone()[0])
    assert "आशा".encode() not in sealed
    assert b"party" not in sealed
    with pytest.raises(OpeningDamaged):
        Openings(store.datastore, OpeningBox(b"\x01" * 32)).read([ASHA.commitment])


def test_a_value_put_under_anothers_commitment_is_found_out(store):
    box = OpeningBox(bytes(32))
    record(store, box, ASHA)
    with store.datastore.cursor() as cursor:
        cursor.execute("update private.opening set sealed = %s", (box.seal(PRICE),))
    with pytest.raises(OpeningDamaged, match="another's"):
        Openings(store.datastore, box).read([ASHA.commitment])


def test_nothing_is_asked_for_and_nothing_is_found(store):
    assert Openings(store.datastore, OpeningBox(bytes(32))).read([]) == {}


@pytest.mark.quick
def test_each_sealing_has_its_own_nonce_and_opens_to_the_same():
    box = OpeningBox(bytes(32))
    first, second = box.seal(ASHA), box.seal(ASHA)
    assert first != second
    assert box.open(first) == box.open(second) == ASHA


@pytest.mark.quick
def test_a_changed_byte_is_found_out():
    box = OpeningBox(bytes(32))
    sealed = bytearray(box.seal(ASHA))
    sealed[40] ^= 1
    with pytest.raises(OpeningDamaged):
        box.open(bytes(sealed))


@pytest.mark.quick
def test_sealed_values_stand_under_their_commitments():
    assert list(OpeningBox(bytes(32)).seal_all([ASHA])) == [base64.b64decode(ASHA.commitment)]


@pytest.mark.quick
def test_the_key_for_openings_is_made_once_and_kept_from_others(tmp_path):
    with pytest.raises(SecretFileMissing):
        load_opening_key(tmp_path)
    key = make_opening_key(tmp_path)
    assert load_opening_key(tmp_path) == key
    with pytest.raises(SecretFileExists):
        make_opening_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(SecretFileTooOpen):
        load_opening_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o600)
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(SecretFileError, match="5 bytes"):
        load_opening_key(tmp_path)


@pytest.mark.quick
def test_the_key_shows_in_no_representation():
    assert repr(OpeningBox(bytes(32))) == "OpeningBox(...)"
