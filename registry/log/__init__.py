"""The public log: C2SP tlog-tiles over PostgreSQL, and the map from parcels to their current states.

It knows bytes and hashes and nothing of land; what an entry does to a state is told to it by a ``Projection``.

Invariants:

- entries are never changed, moved or removed, and indices have no gaps;
- every published checkpoint ends in a map head, and has three lines;
- of each size at most one tree is ever signed, whatever crashes in between;
- no file that readers may see is ever half-written, and none that was published ever changes, but ``checkpoint``;
- the map follows from the entries alone.

Deliberately absent: a clock (``now`` is an argument), pruning of entries, extension lines, a signed map root,
and any way to delete.
"""
