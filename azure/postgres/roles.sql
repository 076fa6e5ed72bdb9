-- Once, by a member of the administrators' group, signed in with Entra ID:
--   psql "host=HOST dbname=postgres user=GROUP sslmode=require" --set node=IDENTITY --file roles.sql
-- The node identity becomes a role of the same name that owns what it creates, and nothing else.
-- Roles for BI tools: docs/bi.md.
\set ON_ERROR_STOP on
\if :{?database}
\else
  \set database insights
\endif

select pgaadauth_create_principal(:'node', false, false)
where not exists (select 1 from pg_roles where rolname = :'node');

grant connect, create, temporary on database :"database" to :"node";

\connect :"database"
create extension if not exists vector; -- azure.extensions allows it, to administrators
