-- The public log and the map: what is here may be read by anyone, and is published as files too.
--
-- Invariants:
--   * entries have the indices 0, 1, 2, ... without gaps, and are never changed or removed;
--   * a row leaves the queue in the transaction that gives it an index;
--   * of each size at most one tree is ever signed: signed_tree's primary key says so;
--   * map_leaf, map_node, map_bucket, touch and tiles follow from entries alone and are written with them.
-- Only the sequencer writes here, but for the queue, which events.append fills.

create schema if not exists log;

create table if not exists log.queue (        -- accepted and durable, not yet in the log
  position bigint generated always as identity primary key,
  event_id uuid unique,
  entry    bytea not null check (octet_length(entry) between 1 and 65535)
);

create table if not exists log.entries (
  idx       bigint primary key check (idx >= 0),
  event_id  uuid unique,                      -- null for map heads
  entry     bytea not null check (octet_length(entry) between 1 and 65535),
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32)
);

-- An order waits for a moment, so nothing is gained by making it smaller; in the log it stays for ever.  lz4 does that
-- in a fraction of pglz's time (PostgreSQL may have been built without it).
alter table log.queue alter column entry set storage external;
do $$ begin
  alter table log.entries alter column entry set compression lz4;
exception when feature_not_supported then null;
end $$;

create table if not exists log.tiles (        -- as in C2SP tlog-tiles; the last one of a level is still growing
  level  smallint not null check (level between 0 and 63),
  n      bigint not null check (n >= 0),
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (level, n)
);
alter table log.tiles alter column hashes set storage external;  -- hashes do not compress

create table if not exists log.touch (        -- which entries changed which state: a state's history
  key bytea not null,
  idx bigint not null,
  primary key (key, idx)
);

create table if not exists log.map_leaf (     -- the current state of every parcel, unit, case and officer's key
  key         bytea primary key check (octet_length(key) = 32),
  id          text collate "C" not null unique,
  kind        text not null,
  value       bytea not null,                 -- the state document, canonical JSON
  since_index bigint not null                 -- the entry that made this state
) with (fillfactor = 85);

-- The tree over these states, by the hexadecimal digits with which keys begin; see registry/log/map_store.py.
create table if not exists log.map_node (
  prefix   text collate "C" primary key,
  children bytea not null check (octet_length(children) = 576)  -- 16 times hash (32 bytes) and leaves (4)
) with (fillfactor = 70);
alter table log.map_node alter column children set storage plain;

create table if not exists log.map_bucket (
  prefix text collate "C" primary key,
  leaves bytea not null check (octet_length(leaves) % 64 = 0)   -- key and leaf hash of each, in order of keys
) with (fillfactor = 70);
alter table log.map_bucket alter column leaves set storage plain;

create table if not exists log.signed_tree (  -- written before anything of that size is signed
  size bigint primary key check (size > 0),
  root bytea not null check (octet_length(root) = 32)
);

create table if not exists log.published (    -- what the directory of the log shows
  singleton   boolean primary key default true check (singleton),
  size        bigint not null,
  checkpoint  text not null,                  -- the signed note, with its cosignatures
  cosigned_at timestamptz                     -- when as many witnesses as are required had cosigned; null without
);

create or replace function log.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: nothing in it is changed or removed', tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

create or replace trigger entries_are_kept before update or delete or truncate on log.entries
  for each statement execute function log.refuse_change();
create or replace trigger signed_trees_are_kept before update or delete or truncate on log.signed_tree
  for each statement execute function log.refuse_change();
