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

alter table records.event add column if not exists case_no text;  -- the case that it was made in, or is about

create table if not exists records.event_of (  -- which parcels and units an order changed; never changed
  id      text collate "C" not null,
  idx     bigint not null,
  version integer not null,                  -- of the thing, after the event
  primary key (id, idx)
);

create table if not exists records.case_file (  -- one row for each case; follows from its state document
  case_no      text collate "C" primary key,
  village      text collate "C" not null,
  office       text not null,
  type         text not null,                -- mutation.sale/1
  status       text not null,                -- domain.case_steps.Status
  notice       text not null,                -- registered, unregistered, notice-free, hearing
  lane         text not null,                -- auto, officer
  holder       text not null,                -- office and role of who has the file; empty when it is at rest
  open         boolean not null,             -- undecided: the land shows it as pending
  filed        date not null,
  filed_index  bigint not null,              -- of the filing, in the log: the place in the queue
  due          date,
  notice_until date,
  next_day     date,                         -- of the next hearing
  appeal_until date,
  objections   integer not null,
  paused       boolean not null,
  breached     date,
  wake         date,                         -- when the clock has to look at it next; null: never
  touches      text[] not null,
  version      integer not null
) with (fillfactor = 80);
create index if not exists case_by_village on records.case_file (village, filed_index);
create index if not exists case_in_line on records.case_file (office, status, filed_index) where open;
create index if not exists case_to_wake on records.case_file (wake, filed_index) where wake is not null;
create index if not exists case_noticed on records.case_file (village, notice_until)
  where status in ('notice-issued', 'notice-served', 'notice-undelivered');

create table if not exists records.case_step (  -- every event of a case; never changed
  case_no     text collate "C" not null,
  idx         bigint not null,
  event_id    uuid not null,
  type        text not null,                 -- case.objected/1, or the mutation that carried it out
  decided     date not null,
  officer     text not null,
  keyids      text[] not null,
  reason      text,                          -- a code of domain.case_steps.REASONS
  until       date,
  fell_due    date,                          -- of what the clock did: the day on which it had to
  out_of_turn text,
  primary key (case_no, idx)
);

create table if not exists records.service_level (  -- how the promised days are kept; moved on by what each page changes
  office  text not null,
  type    text not null,
  waiting bigint not null default 0,         -- open today
  overdue bigint not null default 0,         -- of those, past their day
  kept    bigint not null default 0,         -- decided within their days
  broken  bigint not null default 0,         -- decided late
  days    bigint not null default 0,         -- all together, of those decided
  primary key (office, type)
) with (fillfactor = 70);

do $$
begin
  if exists (select from pg_roles where rolname = 'landlog_reader') then
    grant usage on schema records to landlog_reader;
    grant select on all tables in schema records to landlog_reader;
  end if;
end $$;
