-- Least privilege on SQL Server and Azure SQL. Run it in the pipeline's own database as its owner
-- (db_owner); run again, it changes nothing, or brings back what was changed since:
--
--     sqlcmd -S HOST -d DATABASE -i scripts/rights/sqlserver.sql
--
-- insights_dbt   owns the pipeline's schemas and makes tables and views in them: dbt
-- insights_jobs  reads the marts (the pending sets among them), writes raw and job tables; no DDL
-- bi_reader      what dbt grants it: the marts that BI reads
--
-- They are roles of the database. Then, for each login or Entra identity of yours:
--     create user [pipeline] for login [pipeline];              -- or: from external provider
--     alter role insights_dbt add member [pipeline];
-- Where dbt reads a table of your own (docs/dbt.md), besides:
--     grant select on dbo.Reviews to insights_dbt;
--
-- All schemas have one owner, so a view reads tables of other schemas for a reader who may not. That
-- chain ends at a table with another owner: a view on dbo.Reviews reads it for those only who may
-- themselves. Only one view does (staging.stg_raw__customer_feedback), and only dbt reads it.
-- No server has run this yet: docs/sqlserver.md.

set nocount on;

if database_principal_id('insights_dbt') is null create role insights_dbt;
if database_principal_id('insights_jobs') is null create role insights_jobs;
if database_principal_id('bi_reader') is null create role bi_reader;

-- A schema has to be made by a statement of its own.
if schema_id('raw') is null exec('create schema raw authorization insights_dbt');
if schema_id('customer_insights') is null exec('create schema customer_insights authorization insights_dbt');
if schema_id('staging') is null exec('create schema staging authorization insights_dbt');
if schema_id('intermediate') is null exec('create schema intermediate authorization insights_dbt');
if schema_id('marts') is null exec('create schema marts authorization insights_dbt');
if schema_id('snapshots') is null exec('create schema snapshots authorization insights_dbt');
if schema_id('test_failures') is null exec('create schema test_failures authorization insights_dbt');

-- Schemas that an earlier run of dbt made as somebody else. To hand over a schema is to lose all that
-- was granted on what is in it: only where it has to be, and dbt's next build grants it again.
declare @dbt int = database_principal_id('insights_dbt');
if exists (select 1 from sys.schemas where schema_id = schema_id('raw') and principal_id <> @dbt)
    alter authorization on schema::raw to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('customer_insights') and principal_id <> @dbt)
    alter authorization on schema::customer_insights to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('staging') and principal_id <> @dbt)
    alter authorization on schema::staging to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('intermediate') and principal_id <> @dbt)
    alter authorization on schema::intermediate to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('marts') and principal_id <> @dbt)
    alter authorization on schema::marts to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('snapshots') and principal_id <> @dbt)
    alter authorization on schema::snapshots to insights_dbt;
if exists (select 1 from sys.schemas where schema_id = schema_id('test_failures') and principal_id <> @dbt)
    alter authorization on schema::test_failures to insights_dbt;

-- What may be made; where is for the schemas' owner to say, which is nobody else.
grant create table to insights_dbt;
grant create view to insights_dbt;

grant select on schema::marts to insights_jobs;
grant select, insert, update, delete on schema::raw to insights_jobs;
grant select, insert, update, delete on schema::customer_insights to insights_jobs;
