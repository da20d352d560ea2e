-- What the log only commits to: names, parentage, consideration, references of lenders.
--
-- Each value is sealed by the office under a key that is not in the database; deleting the row erases value and
-- salt, and the commitment that stays in the log then says nothing (transparency spec 4.9).

create schema if not exists private;
revoke all on schema private from public;

create table if not exists private.opening (
  commitment bytea primary key check (octet_length(commitment) = 32),
  sealed     bytea not null,                 -- nonce and secretbox of {"field", "salt", "value"}
  event_id   uuid                            -- the order that brought it
);

grant usage on schema private to landlog_office;
grant select, delete on private.opening to landlog_office;
