"""The local audit: somebody with the whole database in his hands changes one thing, and it is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from api.examining import examine
from api.founding import log_signer
from registry.cluster import Cluster
from registry.database import libpq_dsn
from registry.local_audit import Finding
from registry.log.checkpoint import Checkpoint, sign_checkpoint
from tests.api.world import ORIGIN, World, share_sale, unit

_numbers = count(1)


@pytest.fixture(scope="module")
def original(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A village with a sale in it; nothing is connected to it any more."""
    name = "audited_original"
    cluster.create_database(name, template=template)
    home = tmp_path_factory.mktemp("audited") / "home"
    world = World.found(home, url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader"))
    seller = world.house.recorder.load([unit(1)])[unit(1)].state()
    assert seller is not None
    shares: Any = seller["shares"]
    world.record("sale", share_sale(shares[0]["party"]))
    world.house.close()
    return world


class Administrator:
    """Has root on the machine: every table, every file, no trigger in the way."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log = world.house.settings.log
        self._connection = psycopg2.connect(libpq_dsn(world.house.url))
        self._connection.autocommit = True
        self.sql("set session_replication_role = replica")

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def replace(self, table: str, column: str, old: str, new: str, where: str) -> None:
        """Changes the bytes of one row."""
        changed = self.sql(
            f"update {table} set {column} = convert_to(replace(convert_from({column}, 'UTF8'), %s, %s), 'UTF8')"
            f" where {where} and position(%s::bytea in {column}) > 0 returning 1",
            old,
            new,
            old.encode(),
        )
        assert len(changed) == 1

    def findings(self) -> list[Finding]:
        return examine(self.world.house)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def admin(original: World, cluster: Cluster, tmp_path: Path) -> Iterator[Administrator]:
    name = f"audited_{next(_numbers)}"
    cluster.create_database(name, template="audited_original")
    world = original.moved_to(
        tmp_path / "home", url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader")
    )
    admin = Administrator(world)
    yield admin
    admin.close()
    world.house.close()
    cluster.drop_database(name)


def test_a_registry_that_nobody_has_touched_agrees_with_its_log(admin: Administrator) -> None:
    before = admin.sql("select count(*), sum(hashtext(p::text)) from records.parcel p")
    assert admin.findings() == []
    assert admin.sql("select count(*), sum(hashtext(p::text)) from records.parcel p") == before


@dataclass(frozen=True)
class Tampering:
    """What is changed by hand, and what must be told: the place, and words of the name and of the reason."""

    does: Callable[[Administrator], object]
    place: str
    words: str


def drops_an_event(a: Administrator) -> None:
    a.sql("delete from events.event where stream = %s and version = 2", unit(1))


def swaps_two_orders(a: Administrator) -> None:
    rows = a.sql("select position from events.event where topic like 'posting%' order by position limit 2")
    (first,), (second,) = rows
    a.sql("alter table events.event alter position drop identity")
    a.sql("update events.event set position = -1 where position = %s", first)
    a.sql("update events.event set position = %s where position = %s", first, second)
    a.sql("update events.event set position = %s where position = -1", second)


def swaps_two_entries(a: Administrator) -> None:
    a.sql("update log.entries set idx = 1000 where idx = 1")
    a.sql("update log.entries set idx = 1 where idx = 3")
    a.sql("update log.entries set idx = 3 where idx = 1000")


def rewrites_an_entry(a: Administrator) -> None:
    """The entry and its hash, so that both fit."""
    a.sql("update log.entries set entry = set_byte(entry, 60, get_byte(entry, 60) # 1) where idx = 4")
    a.sql("update log.entries set leaf_hash = sha256('\\x00'::bytea || entry) where idx = 4")


def spoils_a_tile_file(a: Administrator) -> None:
    path = max((a.log / "tile" / "0" / "000.p").iterdir(), key=lambda p: int(p.name))
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))


def spoils_a_bundle(a: Administrator) -> None:
    path = max((a.log / "tile" / "entries" / "000.p").iterdir(), key=lambda p: int(p.name))
    path.write_bytes(path.read_bytes()[:-2] + b"x\n")


def resigns_a_checkpoint(a: Administrator) -> None:
    """With the log's own key: another root for a size that was signed before."""
    size = a.sql("select size from log.published")[0][0]
    note = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=size, root=bytes(32)), log_signer(a.world.house.settings, ORIGIN)
    )
    (a.log / "checkpoint").write_text(note.format())
    a.sql("update log.published set checkpoint = %s", note.format())


def signs_another_tree(a: Administrator) -> None:
    resigns_a_checkpoint(a)
    a.sql("update log.signed_tree set root = %s where size = (select size from log.published)", bytes(32))


SALE = f"{unit(1)} version 2"
_OPENING = "(select commitment from private.opening order by commitment limit 1)"
_ANOTHER = "(select sealed from private.opening order by commitment desc limit 1)"
_SHAPE = "(select hash from gis.shape order by hash limit 1)"
_MOVED = "convert_to(replace(convert_from(body, 'UTF8'), '25000', '25001'), 'UTF8')"
_MOVED_SHAPE = "(select hash from gis.shape where position('25000'::bytea in body) > 0 limit 1)"


def signs_as_a_stranger(a: Administrator) -> None:
    text = (a.log / "checkpoint").read_text()
    (a.log / "checkpoint").write_text(text[: text.index("\n\n")] + "\n\n\N{EM DASH} x.example AAAAAAAA\n")


TAMPERINGS: dict[str, Tampering] = {
    "an event is edited": Tampering(
        lambda a: a.replace(
            "events.event", "state", "MR/2026/1", "MR/2026/9", f"stream = '{unit(1)}' and version = 2"
        ),
        "events.event",
        f"{SALE}: it is not what was signed in the order",
    ),
    "an event is dropped": Tampering(drops_an_event, "events.event", f"{SALE}: it is missing of the order"),
    "an order is added without a log": Tampering(
        lambda a: a.sql(
            "insert into events.event (stream, version, topic, state, event_id)"
            " select stream, version + 1, topic, state, gen_random_uuid() from events.event"
            " where stream = %s and version = 2",
            unit(1),
        ),
        "events.event",
        "stands in no log",
    ),
    "two orders change places": Tampering(
        swaps_two_orders, "events.event", "it was recorded after the order of entry"
    ),
    "an opening is exchanged for another": Tampering(
        lambda a: a.sql(f"update private.opening set sealed = {_ANOTHER} where commitment = {_OPENING}"),
        "private.opening",
        "another's",
    ),
    "an opening is spoilt": Tampering(
        lambda a: a.sql(
            "update private.opening set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)"
            f" where commitment = {_OPENING}"
        ),
        "private.opening",
        "does not open",
    ),
    "a row of the record of rights is edited": Tampering(
        lambda a: a.replace("records.parcel", "doc", "रवीना देवी", "मोहन लाल", "parcel_id like '%%-000001'"),
        "records.parcel",
        "-000001: doc is not what the log leads to",
    ),
    "a parcel is taken out of the record": Tampering(
        lambda a: a.sql("delete from records.parcel where parcel_id = '999101-000002'"),
        "records.parcel",
        "-000002: it is missing",
    ),
    "a unit is invented": Tampering(
        lambda a: a.sql(
            "insert into records.unit select '999101-U000099', village, '99', '99', status, version, doc"
            " from records.unit limit 1"
        ),
        "records.unit",
        "999101-U000099: nothing in the log leads to it",
    ),
    "the register is edited": Tampering(
        lambda a: a.sql("update records.event set officer = 'X-1' where type = 'mutation.sale/1'"),
        "records.event",
        "officer is not what the log leads to",
    ),
    "the map is moved": Tampering(
        lambda a: a.sql("update gis.parcel set area_m2 = 1 where parcel_id = '999101-000003'"),
        "gis.parcel",
        "-000003 1: area_m2 is not what",
    ),
    "a shape is edited": Tampering(
        lambda a: a.sql(f"update gis.shape set body = {_MOVED} where hash = {_MOVED_SHAPE}"),
        "gis.shape",
        "not those of its digest",
    ),
    "a shape is removed": Tampering(
        lambda a: a.sql(f"delete from gis.shape where hash = {_SHAPE}"), "gis.shape", "is missing"
    ),
    "a number is given to another": Tampering(
        lambda a: a.sql("update events.label set id = '999101-000009' where kind = 'parcel' and label = '1'"),
        "events.label",
        "999101 parcel 1: it is borne by 999101-000001, and kept as borne by 999101-000009",
    ),
    "a state of the map is edited": Tampering(
        lambda a: a.replace(
            "log.map_leaf", "value", '"use":"irrigated"', '"use":"homestead"', "id like '%%-000004'"
        ),
        "log.map_leaf",
        "-000004: use is not what the entries lead to",
    ),
    "a state of the map is removed": Tampering(
        lambda a: a.sql("delete from log.map_leaf where id = '999101-000005'"),
        "log.map_leaf",
        "-000005: it is missing",
    ),
    "the stored tree over the map is edited": Tampering(
        lambda a: a.sql(
            "update log.map_node set children = set_byte(children, 3, get_byte(children, 3) # 1)"
            " where prefix = ''"
        ),
        "log.map_node",
        "not what the states lead to",
    ),
    "a history is shortened": Tampering(
        lambda a: a.sql("delete from log.touch where idx = (select max(idx) from log.touch)"),
        "log.touch",
        unit(1),
    ),
    "an entry is edited": Tampering(
        lambda a: a.sql(
            "update log.entries set entry = set_byte(entry, 60, get_byte(entry, 60) # 1) where idx = 4"
        ),
        "log.entries",
        "4: its leaf hash is not that of its bytes",
    ),
    "an entry is edited together with its hash": Tampering(
        rewrites_an_entry, "log.signed_tree", "another root than was signed; one from"
    ),
    "an entry is dropped": Tampering(
        lambda a: a.sql("delete from log.entries where idx = 3"), "log.entries", "3: there is no entry"
    ),
    "two entries change places": Tampering(
        swaps_two_entries, "log.signed_tree", "another root than was signed"
    ),
    "a tile of the database is edited": Tampering(
        lambda a: a.sql(
            "update log.tiles set hashes = set_byte(hashes, 70, get_byte(hashes, 70) # 1) where level = 0"
        ),
        "log.tiles",
        "its hash 2 is not that of the entries",
    ),
    "a tile file is edited": Tampering(spoils_a_tile_file, "file", "tile/0/000.p/"),
    "a bundle is edited": Tampering(spoils_a_bundle, "file", "tile/entries/000.p/"),
    "the files are removed": Tampering(
        lambda a: shutil.rmtree(a.log / "tile" / "0"), "file", "it is missing"
    ),
    "a checkpoint is signed again": Tampering(resigns_a_checkpoint, "checkpoint", "than the log has signed"),
    "a checkpoint is signed again and its claim rewritten": Tampering(
        signs_another_tree, "log.signed_tree", "another root than was signed"
    ),
    "a checkpoint is signed by a stranger": Tampering(
        signs_as_a_stranger, "checkpoint", "not a checkpoint signed by this log"
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_is_changed_by_hand_is_found_and_named(tampering: str, admin: Administrator) -> None:
    case = TAMPERINGS[tampering]
    case.does(admin)
    findings = admin.findings()
    assert [f for f in findings if f.place == case.place and case.words in str(f)], [str(f) for f in findings]
