-- Two logins beside the owner, and the schemas that the public may read.  Runs first; the other scripts grant the rest.
--
--   landlog_office   the office: appends through events.append, reads, opens and erases private values;
--                    it cannot change or remove an event.
--   landlog_reader   the counter and the OGC services: reads records, gis and log, and nothing else.
--
-- They get no password here: on the private cluster the socket's directory keeps others out, elsewhere the
-- operator sets one (alter role ... password ...) or uses certificates.

do $$
declare
  login text;
begin
  foreach login in array array['landlog_office', 'landlog_reader'] loop
    if not exists (select from pg_roles where rolname = login) then
      begin
        execute format('create role %I login nosuperuser nocreatedb nocreaterole noinherit', login);
      exception when duplicate_object or unique_violation then
        null;                                -- another database of the cluster made it a moment ago
      end;
    end if;
  end loop;

  -- A runaway query of the public must end by itself.  An operator who has set the role up is left alone.
  if (select rolconfig is null from pg_roles where rolname = 'landlog_reader') then
    alter role landlog_reader set statement_timeout = '5s';
    alter role landlog_reader set default_transaction_read_only = on;
  end if;
end $$;

-- Functions with the owner's rights rely on it: nobody else puts anything where names are looked up.
revoke create on schema public from public;

create schema if not exists records;
create schema if not exists gis;
create schema if not exists log;

do $$
declare
  part text;
begin
  foreach part in array array['records', 'gis', 'log'] loop
    execute format('grant usage on schema %I to landlog_reader, landlog_office', part);
    execute format('grant select on all tables in schema %I to landlog_reader, landlog_office', part);
    -- and on what the owner adds later, so that no script has to remember
    execute format('alter default privileges in schema %I grant select on tables to landlog_reader, landlog_office', part);
  end loop;
end $$;
