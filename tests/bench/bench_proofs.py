"""Proofs a second, beside pymerkle's SqliteTree of the same size; and how large a title proof is in a large map.

``python -m tests.bench.bench_proofs [entries] [states]``.  Both trees are warm: their first proofs are not counted.
All rates are CPU seconds of this process, but for those that wait for a database.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
import pytest
from pymerkle import SqliteTree

from api import wiring
from domain.canon import canonical
from registry.cluster import Cluster
from registry.log import storage
from registry.log.checkpoint import Checkpoint, sign_checkpoint
from registry.log.file_prover import FileProver
from registry.log.hashing import leaf_hash
from registry.log.map_store import State, write_states
from registry.log.policy import Policy
from registry.log.prefix_map import map_key
from registry.log.prover import Prover
from registry.log.publisher import Publisher
from registry.log.storage import Logged, Published
from registry.verify import verify_title_proof
from tests.api.world import ORIGIN, World, parcel, share_sale, unit
from tests.registry.log.rig import LOG

LEAST_RATIO = 10
LARGEST_PROOF = 6_000  # bytes, without histories
_ENTRY = b"an entry of about the length that orders have " * 12


def rate(work: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    for _ in range(count):
        work()
    return count / (clock() - start)


def log_of(cursor: psycopg2.extensions.cursor, directory: Path, size: int) -> None:
    """A published log of numbered entries."""
    for start in range(0, size, 20_000):
        some = [_ENTRY + b"%d" % n for n in range(start, min(start + 20_000, size))]
        storage.add_entries(cursor, [Logged(start + n, None, e, leaf_hash(e)) for n, e in enumerate(some)])
    root = storage.log_root(cursor, size)
    note = sign_checkpoint(Checkpoint(origin=LOG.name, size=size, root=root), LOG).format()
    storage.claim_tree(cursor, size, root)
    storage.set_published(cursor, Published(size, note, None))
    publisher = Publisher(directory)
    with publisher.alone():
        publisher.write_tiles(
            0,
            size,
            tile=lambda level, number: storage.tile_hashes(cursor, level, number),
            entries=lambda start, end: storage.entries_between(cursor, start, end),
        )
        publisher.replace_checkpoint(note.encode())


def inclusion(dsn: str, place: Path, size: int) -> tuple[float, float]:
    """How many times as fast as pymerkle: one proof at a time, and a hundred at a time."""
    chance = random.Random(7)
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        log_of(cursor, place / "log", size)
    files = FileProver(place / "log")
    database, served_by = (
        Prover(connection, origin=LOG.name),
        Prover(connection, origin=LOG.name, files=files),
    )
    with SqliteTree(str(place / "pymerkle.sqlite3")) as theirs:
        theirs.append_entries(_ENTRY + b"%d" % n for n in range(size))
        for _ in range(300):
            index = chance.randrange(size)
            proof = theirs.prove_inclusion(index + 1, size)
            files.inclusion(index)
        assert proof
        peer = rate(lambda: theirs.prove_inclusion(chance.randrange(size) + 1, size), 500)
    single = rate(lambda: files.inclusion(chance.randrange(size)), 5_000)
    batch = 100 * rate(lambda: files.inclusions(chance.sample(range(size), 100)), 50)
    served = rate(lambda: served_by.inclusion(chance.randrange(size)), 1000, time.perf_counter)
    alone = rate(lambda: database.inclusion(chance.randrange(size)), 300, time.perf_counter)
    connection.close()
    print(
        f"{size:,} entries: {single:,.0f} proofs/s one by one and {batch:,.0f} in hundreds from files, "
        f"{served:,.0f} as the counter serves them (checkpoint from the database, path from files and verified) and "
        f"{alone:,.0f} from the database alone, waiting included; pymerkle {peer:,.0f}: "
        f"{single / peer:.1f} and {batch / peer:.1f} times as fast"
    )
    return single / peer, batch / peer


def title(world: World, states: int) -> int:
    """The bytes of a title proof in a map of so many states, and how many are made and verified a second."""
    with world.house.datastore.transaction() as cursor:
        for start in range(0, states, 20_000):
            write_states(cursor, [filler(n) for n in range(start, min(start + 20_000, states))])
        cursor.execute("analyze")  # as autovacuum does in its own time
    state = world.house.recorder.load([unit(1)])[unit(1)].state()
    assert state is not None
    shares: list[dict[str, str]] = state["shares"]  # type: ignore[assignment]
    world.record("sale", share_sale(shares[0]["party"], share="1/6"))
    pooled = world.house.datastore.engine.raw_connection()
    prover = Prover(pooled.driver_connection, origin=ORIGIN)  # type: ignore[arg-type]  # psycopg2's, by the engine
    sizes = [len(prover.title_proof(parcel(n % 9 + 1))) for n in range(90)]
    policy = Policy.parse(world.house.settings.policy.read_bytes())
    proof, now = prover.title_proof(parcel(1)), int(time.time())
    verdict = verify_title_proof(proof, policy, now=now, parcel=parcel(1))
    assert verdict.status == "current"
    made = rate(lambda: prover.title_proof(parcel(random.randrange(9) + 1)), 200, time.perf_counter)
    checked = rate(lambda: verify_title_proof(proof, policy, now=now), 200)
    pooled.close()
    print(
        f"a map of {states:,} states: title proofs of {min(sizes):,} to {max(sizes):,} bytes (JSON, no histories); "
        f"{made:,.0f} made a second, waiting included; {checked:,.0f} verified"
    )
    return max(sizes)


def filler(number: int) -> State:
    identifier = f"{100_000 + number // 900_000}-{number % 900_000 + 1:06d}"
    return State(
        key=map_key("parcel", origin=ORIGIN, identifier=identifier),
        kind="parcel",
        id=identifier,
        value=canonical({"kind": "parcel", "id": identifier}),
        since_index=0,
        is_new=True,
    )


def run(cluster: Cluster, place: Path, *, entries: int, states: int) -> tuple[float, float, int]:
    for name in ("bench_log", "bench_map"):
        cluster.create_database(name)
        wiring.migrate(cluster.url(name))
    single, batch = inclusion(cluster.dsn("bench_log"), place, entries)
    world = World.found(
        place / "home", url=cluster.url("bench_map"), reader_url=cluster.url("bench_map", "landlog_reader")
    )
    size = title(world, states)
    world.house.close()
    return single, batch, size


@pytest.mark.bench
def test_proofs_are_made_ten_times_as_fast_as_pymerkle_makes_them_and_stay_small(
    cluster: Cluster, tmp_path: Path
) -> None:
    single, batch, size = run(cluster, tmp_path, entries=50_000, states=50_000)
    assert single >= LEAST_RATIO
    assert batch >= LEAST_RATIO
    assert size < LARGEST_PROOF


if __name__ == "__main__":
    entries, states = (int(text) for text in (*sys.argv[1:], "200000", "1000000")[:2])
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o711)
        with Cluster(Path(name) / "cluster", ephemeral=True) as own:
            run(own, Path(name), entries=entries, states=states)
