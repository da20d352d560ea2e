-- The event store: one stream for each parcel, unit, case and officer's key, and the order in which they grew.
--
-- Invariants, all held by events.append, the only door for writing:
--   * rows are only ever added; (stream, version) is given once;
--   * position follows commit order, because one lock is held from the first insert to the commit:
--     a reader who has seen position n has seen everything below n;
--   * the streams of an order, its log entry, its private openings, shapes and labels are one transaction;
--   * an event_id is accepted once.

create schema if not exists events;
revoke all on schema events from public;

create table if not exists events.event (
  position    bigint generated always as identity,
  stream      text collate "C" not null,
  version     integer not null check (version >= 0),
  topic       text not null,                 -- a stable name with a version: mutation.sale/1
  state       bytea not null,                -- readable: convert_from(state, 'UTF8')::jsonb
  event_id    uuid,                          -- the order; null only for streams that belong to no log
  recorded_at timestamptz not null default clock_timestamp(),
  constraint event_pk primary key (stream, version)
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
create unique index if not exists event_position on events.event (position);
create index if not exists event_order on events.event (event_id);

create table if not exists events.tracking (
  name     text primary key,                 -- who follows
  position bigint not null                   -- up to where, inclusive
) with (fillfactor = 50);

create table if not exists events.label (    -- the labels in force; what they were is in the streams
  village text not null,                     -- empty for a ULPIN: it is one in all India
  kind    text not null,
  label   text not null,                     -- khasra, survey number or khata as people write it, or a ULPIN
  id      text not null,                     -- who bears it
  constraint label_pk primary key (village, kind, label)
);
create index if not exists label_bearer on events.label (id);
do $$ begin
  if not exists (
    select from pg_constraint where conrelid = 'events.label'::regclass and conname = 'label_kind_known'
  ) then
    alter table events.label drop constraint if exists label_kind_check;  -- it knew no ULPIN
    alter table events.label add constraint label_kind_known
      check (kind in ('parcel', 'unit', 'ulpin') and (kind = 'ulpin') = (village = ''));
  end if;
end $$;

create table if not exists events.serial (   -- serial numbers, given once and never reused; gaps are allowed
  village text not null,
  kind    text not null check (kind in ('parcel', 'unit', 'case')),
  next    integer not null,
  primary key (village, kind)
);

-- Refusals carry their own SQLSTATE and, as DETAIL, a JSON object that registry/append.py turns into an error:
--   LL001 a stream is not at the expected version      LL003 a label is borne by another
--   LL002 the event_id has been accepted before        LL004 a label to release is not borne by that id
--   LL005 a follower is already at or past that position
--
-- It runs with the owner's rights, so that the office needs none on the tables.  There is no `set search_path`: that
-- doubles the cost of a call (113 against 53 microseconds).  Instead every relation is named with its schema, and no
-- login but the owner may create a function or operator to be found in its place (roles.sql).
--
-- Many byte strings come as one, with the place and length of each: an array of bytea, which the client can only write
-- as so many expressions, took the server a multiple of the time (registry/arrays.py).
drop function if exists events.append(
  text[], integer[], text[], bytea[], uuid, bytea, text[], integer[], bytea[], bytea[], bytea[], bytea[],
  text[], text[], text[], text[], text[], text[], text[], text[], text, bigint);

create or replace function events.append(
  _streams text[], _versions integer[], _topics text[], _states bytea, _state_places integer[],
  _event_id uuid, _entry bytea,
  _guard_streams text[], _guard_versions integer[],
  _commitments bytea, _sealed bytea, _sealed_places integer[],
  _shape_hashes bytea, _shape_bodies bytea, _shape_places integer[],
  _taken_villages text[], _taken_kinds text[], _taken_labels text[], _taken_ids text[],
  _released_villages text[], _released_kinds text[], _released_labels text[], _released_ids text[],
  _follower text, _followed bigint
) returns bigint[]
language plpgsql security definer as $$
declare
  positions bigint[];
  refused   record;
  changed   bigint;
begin
  perform pg_advisory_xact_lock(7001, 0);    -- from here to the commit: insert order is commit order

  if _event_id is not null and exists (select from events.event e where e.event_id = _event_id) then
    raise exception using errcode = 'LL002', message = format('order %s has been accepted before', _event_id),
      detail = json_build_object('event_id', _event_id);
  end if;

  select g.stream, g.version as expected, coalesce(now.version, 0) as found into refused
    from unnest(_guard_streams, _guard_versions) with ordinality as g(stream, version, n)
    left join lateral (
      select e.version from events.event e where e.stream = g.stream order by e.version desc limit 1
    ) now on true
   where g.version <> coalesce(now.version, 0) order by g.n limit 1;
  if found then
    raise exception using errcode = 'LL001', message = format('%s has changed', refused.stream),
      detail = row_to_json(refused);
  end if;

  if cardinality(_released_ids) > 0 then
    delete from events.label l
     using unnest(_released_villages, _released_kinds, _released_labels, _released_ids) as r(village, kind, label, id)
     where (l.village, l.kind, l.label, l.id) = (r.village, r.kind, r.label, r.id);
    get diagnostics changed = row_count;
    if changed < cardinality(_released_ids) then
      raise exception using errcode = 'LL004', message = 'a label to release is not borne by the id that releases it',
        detail = json_build_object('released', changed, 'asked', cardinality(_released_ids));
    end if;
  end if;

  if cardinality(_taken_ids) > 0 then
    insert into events.label (village, kind, label, id)
    select * from unnest(_taken_villages, _taken_kinds, _taken_labels, _taken_ids)
    on conflict on constraint label_pk do nothing;
    get diagnostics changed = row_count;
    if changed < cardinality(_taken_ids) then
      select t.village, t.kind, t.label, t.id, l.id as holder into refused
        from unnest(_taken_villages, _taken_kinds, _taken_labels, _taken_ids) as t(village, kind, label, id)
        join events.label l on (l.village, l.kind, l.label) = (t.village, t.kind, t.label) and l.id <> t.id limit 1;
      if found then
        raise exception using errcode = 'LL003',
          message = format('label %s is borne by %s', refused.label, refused.holder), detail = row_to_json(refused);
      end if;
    end if;
  end if;

  if cardinality(_sealed_places) > 1 then    -- a commitment binds its value: one that is there already is the same
    insert into private.opening (commitment, sealed, event_id)
    select substr(_commitments, 32 * n - 31, 32), substr(_sealed, _sealed_places[n], _sealed_places[n + 1] - _sealed_places[n]),
           _event_id
      from generate_series(1, cardinality(_sealed_places) - 1) n on conflict (commitment) do nothing;
  end if;

  if cardinality(_shape_places) > 1 then
    insert into gis.shape (hash, body)
    select substr(_shape_hashes, 32 * n - 31, 32), substr(_shape_bodies, _shape_places[n], _shape_places[n + 1] - _shape_places[n])
      from generate_series(1, cardinality(_shape_places) - 1) n on conflict (hash) do nothing;
  end if;

  if _follower is not null then
    insert into events.tracking as t (name, position) values (_follower, _followed)
    on conflict (name) do update set position = excluded.position where t.position < excluded.position;
    if not found then
      raise exception using errcode = 'LL005', message = format('%s is already at or past %s', _follower, _followed),
        detail = json_build_object('follower', _follower, 'position', _followed);
    end if;
  end if;

  with added as (
    insert into events.event (stream, version, topic, state, event_id)
    select _streams[n], _versions[n], _topics[n],
           substr(_states, _state_places[n], _state_places[n + 1] - _state_places[n]), _event_id
      from generate_series(1, cardinality(_streams)) n order by n
    returning position
  )
  select array_agg(position order by position) into positions from added;

  if _entry is not null then
    insert into log.queue (event_id, entry) values (_event_id, _entry);
  end if;

  perform pg_notify('landlog_events', '');
  return positions;
end $$;

-- The events of some streams and, with _parcels, of the parcels that the units among them hold now: all that a decision
-- reads of the record, in one round trip.  A function of plpgsql, so that the plan is kept: planning took most of the time.
--
-- Lateral, so that each stream is looked up by its key even where a fresh table has no statistics yet: a plain join
-- then reads all events (17 ms against 1 ms in 100 000 of them, and rising).
create or replace function events.load(_streams text[], _parcels boolean)
returns table (stream text, version integer, topic text, state bytea, event_id text, idx bigint, leaf_hash bytea)
language plpgsql stable as $$
#variable_conflict use_column
begin
  if _parcels then
    _streams := _streams || array(
      select p.id
        from unnest(_streams) as asked(id)
       cross join lateral (
         select convert_from(e.state, 'UTF8')::jsonb -> 'set' -> asked.id -> 'parcels' as ids from events.event e
          where e.stream = asked.id and position('"parcels":'::bytea in e.state) > 0 order by e.version desc limit 1
       ) unit
       cross join lateral jsonb_array_elements_text(unit.ids) as p(id)
       where p.id <> all(_streams));
  end if;
  return query
    select e.stream, e.version, e.topic, e.state, e.event_id::text, l.idx, l.leaf_hash
      from unnest(_streams) with ordinality as asked(id, n)
     cross join lateral (select * from events.event e where e.stream = asked.id order by e.version offset 0) e
      left join lateral (select idx, leaf_hash from log.entries l where l.event_id = e.event_id limit 1) l on true
     order by asked.n, e.version;
end $$;

-- The first of _count fresh serial numbers.
create or replace function events.issue(_village text, _kind text, _count integer) returns integer
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into events.serial as s (village, kind, next) values (_village, _kind, 1 + _count)
  on conflict (village, kind) do update set next = s.next + _count
  returning next - _count
$$;

revoke all on all functions in schema events from public;
grant usage on schema events to landlog_office;
grant select on all tables in schema events to landlog_office;
grant execute on all functions in schema events to landlog_office;
