"""The map in the database is the map of the definition, however it grew."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256

import psycopg2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.log.map_store import State, map_place, prove_state, read_states, write_states
from registry.log.map_tree import BUCKET
from registry.log.prefix_map import EMPTY, Result, subtree_root, verify_map_path
from tests.conftest import Database
from tests.registry.log.maps import prove, sorted_leaves
from tests.registry.log.rig import Rig

BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), min_size=1, max_size=120),
    min_size=1,
    max_size=6,
)


def crowded(number: int) -> bytes:
    """A key for a number: every third is hashed, the others crowd under a few long prefixes."""
    if number % 3 == 0:
        return sha256(b"%d" % number).digest()
    return bytes([number % 5]) * 20 + number.to_bytes(12, "big")


def write(cursor: psycopg2.extensions.cursor, values: dict[bytes, bytes], batch: dict[bytes, bytes]) -> bytes:
    root, leaves = write_states(
        cursor,
        [
            State(key=k, kind="parcel", id=k.hex(), value=v, since_index=0, is_new=k not in values)
            for k, v in batch.items()
        ],
    )
    values |= batch
    assert leaves == len(values)
    assert map_place(cursor) == (root, leaves)
    return root


@given(BATCHES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_batches_root_and_paths_are_those_of_the_definition(
    database: Database, batches: list[list[tuple[int, int]]]
) -> None:
    values: dict[bytes, bytes] = {}
    with closing(psycopg2.connect(database.dsn)) as connection, connection.cursor() as cursor:
        for batch in batches:
            root = write(cursor, values, {crowded(k): b"%d" % v for k, v in batch})
            assert root == subtree_root(sorted_leaves(values))
        for number in range(0, 500, 17):
            key = crowded(number)
            proof, value = prove_state(cursor, key)
            assert proof == prove(values, key)
            assert value == values.get(key)
            verify_map_path(proof, key=key, value=value, root=root)
        ids = [crowded(n).hex() for n in range(500)]
        assert read_states(cursor, ids) == {k.hex(): v for k, v in values.items()}


def test_an_empty_map_proves_absence(rig: Rig) -> None:
    with rig.connect() as connection, connection.cursor() as cursor:
        assert map_place(cursor) == (EMPTY, 0)
        proof, value = prove_state(cursor, bytes(32))
        assert (proof.result, proof.path, value) == (Result.ABSENT_EMPTY, (), None)
    connection.close()


def test_keys_that_share_all_but_their_last_bits_have_places_of_their_own(rig: Rig) -> None:
    """Sixty-four neighbours overflow every bucket down to the last digit."""
    values: dict[bytes, bytes] = {}
    keys = [bytes(31) + bytes([n]) for n in range(64)]
    with closing(rig.connect()) as connection, connection.cursor() as cursor:
        for key in keys:
            root = write(cursor, values, {key: key})
        assert root == subtree_root(sorted_leaves(values))
        for key in (*keys, bytes(31) + b"\xff", b"\xff" * 32):
            proof, value = prove_state(cursor, key)
            verify_map_path(proof, key=key, value=value, root=root)
            assert proof == prove(values, key)


def test_a_batch_that_fills_many_buckets_at_once_builds_their_blocks(rig: Rig) -> None:
    batch = {sha256(b"%d" % n).digest(): b"%d" % n for n in range(5000)}
    with closing(rig.connect()) as connection, connection.cursor() as cursor:
        assert write(cursor, {}, batch) == subtree_root(sorted_leaves(batch))
        cursor.execute("select max(length(leaves)) / 64, count(*) from log.map_bucket")
        assert cursor.fetchone() == (BUCKET, len_of_buckets(batch))


def len_of_buckets(values: dict[bytes, bytes], prefix: str = "") -> int:
    """Buckets by their definition: prefixes with at most BUCKET leaves under one with more."""
    below = [k for k in values if k.hex().startswith(prefix)]
    if prefix and len(below) <= BUCKET:
        return 1 if below else 0
    part = dict.fromkeys(below, b"")
    return sum(len_of_buckets(part, f"{prefix}{digit:x}") for digit in range(16))
