-- Once, by a member of the administrators' group, signed in with Entra ID:
--   psql "host=HOST dbname=postgres user=GROUP sslmode=require" --set node=IDENTITY --file roles.sql
-- The node identity becomes a role of the same name; it owns what it creates, and nothing else.
\set ON_ERROR_STOP on

select pgaadauth_create_principal(:'node', false, false)
where not exists (select 1 from pg_roles where rolname = :'node');

grant connect, create, temporary on database insights to :"node";

\connect insights
create extension if not exists vector; -- allowed by azure.extensions, and to administrators only

-- For BI tools, without login: give it to whom it concerns.
select 'create role insights_reader' where not exists (
  select 1 from pg_roles where rolname = 'insights_reader'
) \gexec
