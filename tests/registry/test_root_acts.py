"""Keys of the log and the projection: what root keys alone may say, recorded and judged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid4

import pytest

from domain.errors import BadInput, RegistryError
from registry import dsse
from registry.append import AlreadyAccepted
from registry.authority import NotAppointed
from registry.ceremony import ForeignOrigin
from registry.database import make_engine
from registry.datastore import Datastore
from registry.dsse import BadSignature, UnknownKey
from registry.genesis import found, genesis_payload
from registry.keys import Key
from registry.log.ed25519 import SeedKey
from registry.log.note import NoteSigner
from registry.root_acts import AddLogKey, ChangeProjection, LogKeyRefused, RetireLogKey, RootAct
from registry.root_ceremony import RootCeremony
from registry.store import OfficeRecorder
from tests.conftest import Database

ORIGIN = "registry.example/land/test"
DAY = date(2026, 11, 21)
ROOTS = [Key.from_seed(bytes([n]) * 32) for n in (1, 2, 3)]
OLD, NEW = (NoteSigner(ORIGIN, SeedKey(bytes([n]) * 32)).verifier_key.format() for n in (7, 8))


@pytest.fixture
def ceremony(database: Database) -> Iterator[RootCeremony]:
    engine = make_engine(database.url)
    store = OfficeRecorder(Datastore(engine))
    payload = genesis_payload(origin=ORIGIN, root_keys=[k.public for k in ROOTS], threshold=2, log_keys=[OLD])
    found(store, dsse.seal(dsse.GENESIS, payload, [k.sign_payload(dsse.GENESIS, payload) for k in ROOTS[:2]]))
    yield RootCeremony(store)
    engine.dispose()


def sealed(payload: bytes, *keys: Key) -> bytes:
    return dsse.seal(dsse.KEY, payload, [k.sign_payload(dsse.KEY, payload) for k in keys or ROOTS[:2]])


def perform(ceremony: RootCeremony, act: RootAct) -> UUID:
    return ceremony.submit(sealed(ceremony.prepare(act, event_id=uuid4(), decided=DAY)))


def test_a_log_key_is_added_then_the_old_one_retired(ceremony: RootCeremony) -> None:
    perform(ceremony, AddLogKey(vkey=NEW))
    assert list(ceremony.roots.log_keys) == [OLD, NEW]
    perform(ceremony, RetireLogKey(vkey=OLD))
    roots = ceremony.roots
    assert [*roots.log_keys, *roots.retired] == [NEW, OLD]


def test_the_projection_is_changed_by_name_and_sources(ceremony: RootCeremony) -> None:
    perform(ceremony, ChangeProjection(id="landlog-projection/2", sha256="A" * 43 + "="))
    assert ceremony.roots.projection_id == "landlog-projection/2"


REFUSED: dict[str, tuple[RootAct, type[RegistryError], str]] = {
    "a key of another log": (
        AddLogKey(vkey=NoteSigner("other.example", SeedKey(bytes([8]) * 32)).verifier_key.format()),
        LogKeyRefused,
        "bears the registry's name",
    ),
    "a key that signs already": (AddLogKey(vkey=OLD), LogKeyRefused, "in use before"),
    "a root key": (
        AddLogKey(vkey=NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32)).verifier_key.format()),
        LogKeyRefused,
        "in use before",
    ),
    "no key at all": (AddLogKey(vkey="x"), BadInput, "does not read"),
    "the last key": (RetireLogKey(vkey=OLD), LogKeyRefused, "the last key of the log"),
    "a key that does not sign": (RetireLogKey(vkey=NEW), LogKeyRefused, "does not sign the log"),
    "a projection without a name": (
        ChangeProjection(id="", sha256="A" * 43 + "="),
        BadInput,
        "is not the id",
    ),
    "a projection without sources": (ChangeProjection(id="p/1", sha256="x"), BadInput, "digest"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_act_that_cannot_be_is_refused_before_anybody_signs(case: str, ceremony: RootCeremony) -> None:
    act, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        ceremony.prepare(act, event_id=uuid4(), decided=DAY)


def test_a_retired_key_does_not_come_back(ceremony: RootCeremony) -> None:
    perform(ceremony, AddLogKey(vkey=NEW))
    perform(ceremony, RetireLogKey(vkey=OLD))
    with pytest.raises(LogKeyRefused, match="in use before"):
        ceremony.prepare(AddLogKey(vkey=OLD), event_id=uuid4(), decided=DAY)


def test_it_takes_as_many_root_keys_as_the_genesis_asks_for(ceremony: RootCeremony) -> None:
    payload = ceremony.prepare(AddLogKey(vkey=NEW), event_id=uuid4(), decided=DAY)
    with pytest.raises(NotAppointed, match="takes the signatures of 2 root keys"):
        ceremony.submit(sealed(payload, ROOTS[0]))
    with pytest.raises(UnknownKey):
        ceremony.submit(sealed(payload, *ROOTS[:2], Key.generate()))
    with pytest.raises(BadSignature):
        ceremony.submit(
            dsse.seal(dsse.KEY, payload, [k.sign_payload(dsse.EVENT, payload) for k in ROOTS[:2]])
        )
    assert list(ceremony.roots.log_keys) == [OLD]


def test_an_act_counts_once_and_at_its_own_registry(ceremony: RootCeremony) -> None:
    payload = ceremony.prepare(AddLogKey(vkey=NEW), event_id=uuid4(), decided=DAY)
    with pytest.raises(ForeignOrigin):
        ceremony.submit(sealed(payload.replace(ORIGIN.encode(), b"registry.example/other", 1)))
    ceremony.submit(sealed(payload))
    with pytest.raises(AlreadyAccepted):
        ceremony.submit(sealed(payload))
