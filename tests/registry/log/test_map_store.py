"""The map in the database is the map of the definition, however it grew."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.log.map_store import State, map_place, prove_state, read_states, write_states
from registry.log.prefix_map import EMPTY, Result, map_leaf, subtree_root, value_hash, verify_map_path
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


def test_a_leaf_is_kept_beside_its_state(rig: Rig) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    [(key, value, leaf)] = rig.sql("select key, value, leaf from log.map_leaf")
    assert bytes(leaf) == map_leaf(bytes(key), value_hash(bytes(value)))


def test_a_miscounted_map_is_noticed_and_not_written(rig: Rig) -> None:
    with closing(rig.connect()) as connection, connection.cursor() as cursor:
        write(cursor, {}, {bytes(32): b"state"})
        with pytest.raises(AssertionError, match="miscounted"):
            write(cursor, {}, {bytes(32): b"another"})
