"""What is acknowledged survives the death of the server, although orders do not wait for the disk one by one."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import PersistenceError, StoredEvent

from registry.append import Append
from registry.cluster import Cluster
from registry.database import make_engine, migrate
from registry.datastore import Datastore
from registry.store import SCRIPTS, OfficeRecorder


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the server's account can pass through (pytest's tmp_path is closed to it)."""
    place = Path(tempfile.mkdtemp(prefix="landlog-durability-", dir="/var/tmp"))
    place.chmod(0o711)
    yield place
    Cluster(place).shut_down()
    shutil.rmtree(place)


def test_an_acknowledged_order_survives_the_death_of_the_server_at_any_moment(home: Path) -> None:
    acknowledged: list[UUID] = []
    cluster = Cluster(home).enter()
    migrate(cluster.url(), SCRIPTS)
    store = OfficeRecorder(Datastore(make_engine(cluster.url())))
    enough = threading.Event()

    def record_until_the_server_dies(writer: int) -> None:
        try:
            for serial in range(1, 100_000):
                order = uuid4()
                stream = f"59387{writer}-{serial:06d}"
                store.append(
                    Append(events=[StoredEvent(stream, 1, "mutation.import/1", b"{}")], event_id=order)
                )
                acknowledged.append(order)
                if len(acknowledged) >= 200:
                    enough.set()
        except PersistenceError:
            return

    writers = [threading.Thread(target=record_until_the_server_dies, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    assert enough.wait(60)
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    for writer in writers:
        writer.join(60)
    store.datastore.engine.dispose()

    with Cluster(home) as again:
        cluster.leave()
        store = OfficeRecorder(Datastore(make_engine(again.url())))
        with store.datastore.cursor() as cursor:
            cursor.execute("select event_id::text from events.event")
            recorded = {UUID(row[0]) for row in cursor.fetchall()}
        store.datastore.engine.dispose()
    assert len(acknowledged) >= 200
    assert set(acknowledged) <= recorded
