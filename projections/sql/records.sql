-- The record as read: what the log says, arranged for those who ask.  Written by projections.runner alone.
--
-- Nothing here is a source: every row follows from the log, the openings and the shapes, and can be dropped and
-- built again (landlog rebuild).  Rows and position move in one transaction, so a reader sees the record as it
-- stood after a whole number of log entries, never half a page.

create schema if not exists records;
revoke all on schema records from public;

create table if not exists records.position (
  name            text primary key,
  size            bigint not null check (size >= 0),  -- entries of the log applied: the next index to read
  checkpoint_size bigint,                    -- the newest checkpoint whose entries are all in the views,
  cosigned_at     timestamptz                -- and when it was cosigned: what an answer may truly say it is as of
) with (fillfactor = 50);
insert into records.position (name, size) values ('records', 0) on conflict do nothing;

create table if not exists records.state (   -- the state documents of the public map (transparency spec 4.3)
  id   text collate "C" primary key,
  kind text not null check (kind in ('parcel', 'unit', 'case', 'officer')),
  doc  bytea not null                        -- RFC 8785 bytes
) with (fillfactor = 80);

create table if not exists records.village (
  lgd        text collate "C" primary key,
  name       text not null,
  name_local text,
  office     text not null,
  state      text not null,                  -- the code of the state's law: up, ap, ..., generic
  languages  text[] not null,                -- of its record, English last
  search_key text not null,                  -- projections.labels.search_key of both names
  parcels    integer not null default 0,     -- active ones: their number, recorded area and grades
  area_m2    numeric not null default 0,
  grade_a    integer not null default 0,
  grade_b    integer not null default 0,
  grade_c    integer not null default 0,
  grade_d    integer not null default 0
);

create table if not exists records.parcel (
  parcel_id   text collate "C" primary key,
  village     text collate "C" not null,
  label       text not null,
  label_key   text collate "C" not null,     -- projections.labels.label_key
  status      text not null,                 -- active, retired
  unit_id     text collate "C" not null,
  version     integer not null,
  recorded_m2 numeric(16, 4) not null,
  drawn_m2    numeric(16, 2),
  geometry    text,                          -- digest of the shape, base64
  use         text not null,
  class       text not null,
  grade       text,                          -- A to D; null when retired
  doc         bytea not null                 -- the public document, without as_of (projections.documents)
) with (fillfactor = 80);
alter table records.parcel alter column doc set storage external;  -- served as it lies: no time spent inflating
create index if not exists parcel_by_label on records.parcel (village, label_key);
create index if not exists parcel_by_unit on records.parcel (unit_id);

create table if not exists records.unit (
  unit_id   text collate "C" primary key,
  village   text collate "C" not null,
  label     text not null,
  label_key text collate "C" not null,
  status    text not null,                   -- active, closed
  version   integer not null,
  doc       bytea not null                   -- the public document, without as_of
) with (fillfactor = 80);
alter table records.unit alter column doc set storage external;
create index if not exists unit_by_label on records.unit (village, label_key);

create table if not exists records.event (   -- one row for each order; never changed
  idx      bigint primary key,               -- its index in the log
  event_id uuid not null,
  type     text not null,                    -- mutation.sale/1
  village  text collate "C" not null,
  decided  date not null,
  office   text not null,
  officer  text not null,
  order_no text not null,
  keyids   text[] not null,                  -- who signed
  words    jsonb not null                    -- the sentence in the record, by language
);
create index if not exists event_by_village on records.event (village, idx);

create table if not exists records.event_of (  -- which parcels and units an order changed; never changed
  id      text collate "C" not null,
  idx     bigint not null,
  version integer not null,                  -- of the thing, after the event
  primary key (id, idx)
);

do $$
begin
  if exists (select from pg_roles where rolname = 'landlog_reader') then
    grant usage on schema records to landlog_reader;
    grant select on all tables in schema records to landlog_reader;
  end if;
end $$;
