-- Shapes, and the map of today and of every day before.
--
-- gis.shape holds bytes by their SHA-256: an event carries the hash, the bytes are public and never change.  Rows are
-- written by events.append along with the order that brings them.
-- gis.parcel is a projection, written by projections.runner alone: it follows from the log and the shapes, and can be
-- dropped and built again.  One row for each version of a parcel whose row on the map differs from the one before.


create extension if not exists postgis;      -- where the owner may not, the operator does it once beforehand
create schema if not exists gis;
revoke all on schema gis from public;
grant usage on schema gis to landlog_reader, landlog_office;

create table if not exists gis.shape (
  hash bytea primary key check (length(hash) = 32),
  body bytea not null                        -- canonical bytes (gis/README.md)
);
alter table gis.shape alter column body set storage external;  -- most are 200 bytes: not worth compressing

create table if not exists gis.parcel (
  parcel_id   text collate "C" not null,
  version     integer not null check (version > 0),
  label       text not null,
  village     text collate "C" not null,
  status      text not null check (status in ('active', 'retired')),
  class       text not null,                 -- recorded class of land; empty where none is recorded
  use         text not null,
  area_m2     numeric(18, 4) not null,       -- as recorded
  drawn_m2    numeric(18, 2) not null,       -- as drawn, EPSG:6933
  hash        bytea not null,                -- of gis.shape
  geom        geometry(MultiPolygon, 4326) not null,
  geom_3857   geometry(MultiPolygon, 3857) not null,  -- for tiles: no length or area is taken from it
  valid_from  bigint not null,               -- log index of the event that put this row on the map
  from_date   date not null,                 -- the day it was decided
  valid_to    bigint,                        -- log index of the event that replaced it; null: it stands
  to_date     date,
  constraint parcel_pk primary key (parcel_id, version),
  constraint parcel_ends check ((valid_to is null) = (to_date is null) and valid_to > valid_from)
);
create unique index if not exists parcel_today on gis.parcel (parcel_id) where valid_to is null;
create index if not exists parcel_village on gis.parcel (village, label) where valid_to is null;
create index if not exists parcel_geom on gis.parcel using gist (geom);
create index if not exists parcel_geom_3857 on gis.parcel using gist (geom_3857);

grant select on gis.shape, gis.parcel to landlog_reader, landlog_office;

-- The directory of places and the villages' own boundaries: published data beside the record, loaded by an operator.
create table if not exists gis.place (
  level      text not null check (level in ('state', 'district', 'subdistrict', 'village')),
  code       text collate "C" not null,      -- of the Local Government Directory
  name       text not null,
  name_local text,                           -- where it is official
  parent     text collate "C",               -- the code one level up
  valid_from date not null,
  valid_to   date check (valid_to > valid_from),
  primary key (level, code, valid_from)
);
create unique index if not exists place_today on gis.place (level, code) where valid_to is null;
create table if not exists gis.village_boundary (
  lgd    text collate "C" primary key,
  source text not null,                      -- whose drawing it is
  geom   geometry(MultiPolygon, 4326) not null
);
grant select on gis.place, gis.village_boundary to landlog_reader, landlog_office;
