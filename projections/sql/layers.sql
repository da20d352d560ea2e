-- What the map shows beside the parcels: outlines of villages, land under a restriction or a pending case, records
-- that are not to be relied on.  Written by projections.runner alone, from the log and the shapes, like gis.parcel:
-- one row for each time in which a thing looked one way, so that every layer can be asked for a past day.
--
-- A registry older than this script fills the tables by `landlog rebuild`.

create table if not exists gis.restriction (  -- parcels on which, or on whose unit, something lies
  parcel_id    text collate "C" not null,
  label        text not null,
  village      text collate "C" not null,
  restrictions text,                         -- kinds of restrictions and holds: 'stay, under-review'
  pending      text,                         -- kinds of pending cases
  cases        text,                         -- their numbers
  geom         geometry(MultiPolygon, 4326),  -- null: the record has no map of the parcel
  geom_3857    geometry(MultiPolygon, 3857),
  valid_from   bigint not null,              -- log index of the event that began this row
  from_date    date not null,                -- the day it was decided
  valid_to     bigint,                       -- log index of the event that ended it; null: it stands
  to_date      date,
  constraint restriction_pk primary key (parcel_id, valid_from),
  constraint restriction_says check (coalesce(restrictions, pending) is not null)
);
create unique index if not exists restriction_today on gis.restriction (parcel_id) where valid_to is null;
create index if not exists restriction_geom on gis.restriction using gist (geom);
create index if not exists restriction_geom_3857 on gis.restriction using gist (geom_3857);

create table if not exists gis.fault (        -- parcels of grade C or D (projections.grade)
  parcel_id  text collate "C" not null,
  label      text not null,
  village    text collate "C" not null,
  grade      text not null check (grade in ('C', 'D')),
  reasons    text not null,                  -- 'no-map, holders-incomplete'
  area_m2    numeric(18, 4) not null,        -- as recorded
  drawn_m2   numeric(18, 2),                 -- as drawn
  geom       geometry(MultiPolygon, 4326),
  geom_3857  geometry(MultiPolygon, 3857),
  valid_from bigint not null,
  from_date  date not null,
  valid_to   bigint,
  to_date    date,
  constraint fault_pk primary key (parcel_id, valid_from)
);
create unique index if not exists fault_today on gis.fault (parcel_id) where valid_to is null;
create index if not exists fault_geom on gis.fault using gist (geom);
create index if not exists fault_geom_3857 on gis.fault using gist (geom_3857);

create table if not exists gis.village (      -- the land of a village that is drawn; one row for each day it changed
  lgd        text collate "C" not null,
  parcels    integer not null,               -- that were drawn
  drawn_m2   numeric(20, 2) not null,        -- area of the outline, EPSG:6933
  geom       geometry(MultiPolygon, 4326) not null,
  geom_3857  geometry(MultiPolygon, 3857) not null,
  valid_from bigint not null,                -- the last event of the day that moved the outline
  from_date  date not null,
  valid_to   bigint,
  to_date    date,
  constraint village_pk primary key (lgd, valid_from)
);
create unique index if not exists village_today on gis.village (lgd) where valid_to is null;
create index if not exists village_geom on gis.village using gist (geom);
create index if not exists village_geom_3857 on gis.village using gist (geom_3857);

create table if not exists gis.village_due (  -- outlines to be drawn with the last page that is published
  lgd        text collate "C" not null,
  valid_from bigint not null,                  -- an event that moved the outline
  from_date  date not null,
  constraint village_due_pk primary key (lgd, valid_from)
);

create or replace view gis.village_named as   -- outlines with the names that the villages have today
  select v.*, n.name, n.name_local from gis.village v join records.village n using (lgd);

grant select on gis.restriction, gis.fault, gis.village, gis.village_named to landlog_reader, landlog_office;
