-- Least privilege on Postgres. Run it in the pipeline's own database as an administrator; run again,
-- it changes nothing, or brings back what was changed since:
--
--     psql "$ADMIN_URL" -f scripts/rights/postgres.sql
--
-- insights_dbt   owns the pipeline's schemas, and changes nothing outside: dbt, `insights db
--                init-vectors`, `insights index`, `insights forget`
-- insights_jobs  reads the marts (the pending sets among them), writes raw, job and vector tables;
--                no DDL: every other command
-- bi_reader      what dbt grants it: the marts that BI reads
--
-- They can log in once they have a password (psql: \password insights_jobs), or on Azure as Entra
-- identities that pgaadauth_create_principal made before. Then, for the pipeline:
--     INSIGHTS_DATABASE_URL=postgresql://insights_jobs@…
--     INSIGHTS_DBT_DATABASE_URL=postgresql://insights_dbt@…
--
-- Where dbt reads a table of your own (docs/dbt.md), which only dbt does, besides:
--     grant usage on schema shop to insights_dbt; grant select on shop.reviews to insights_dbt;
--
-- Other names, or the prefix of INSIGHTS_SCHEMA_PREFIX: before it, in the same session, as in
--     set insights.jobs_role = 'my-managed-identity'; set insights.schema_prefix = 'dev_anna_';

do $rights$
declare
    dbt_role text := coalesce(nullif(current_setting('insights.dbt_role', true), ''), 'insights_dbt');
    jobs_role text := coalesce(nullif(current_setting('insights.jobs_role', true), ''), 'insights_jobs');
    reader text := coalesce(nullif(current_setting('insights.reader_role', true), ''), 'bi_reader');
    prefix text := coalesce(current_setting('insights.schema_prefix', true), '');
    -- What the jobs may do by schema; dbt's own schemas are for dbt alone.
    rights constant jsonb := '{
        "raw": "select, insert, update, delete",
        "customer_insights": "select, insert, update, delete",
        "vector_store": "select, insert, update, delete",
        "marts": "select",
        "staging": "", "intermediate": "", "snapshots": "", "test_failures": ""
    }';
    role_name text;
    schema_name text;
    privileges text;
    each record;
begin
    foreach role_name in array array[dbt_role, jobs_role, reader] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I login', role_name);
        end if;
        execute format('grant connect on database %I to %I', current_database(), role_name);
    end loop;
    -- Who is no superuser may hand over only to roles whose member they are.
    if not pg_has_role(current_user, dbt_role, 'usage') then
        execute format('grant %I to %I', dbt_role, current_user);
    end if;

    -- A warehouse whose vectors are in another database (INSIGHTS_VECTOR_DATABASE_URL) needs none.
    if exists (select from pg_available_extensions where name = 'vector') then
        create extension if not exists vector;
    end if;
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to %I, %I', current_database(), dbt_role, jobs_role);
    revoke create on schema public from public;

    for schema_name, privileges in select prefix || key, value from jsonb_each_text(rights) loop
        if to_regnamespace(quote_ident(schema_name)) is null then
            execute format('create schema %I authorization %I', schema_name, dbt_role);
        end if;
        execute format('alter schema %I owner to %I', schema_name, dbt_role);
        -- A pipeline that ran as one role before: its tables go over to dbt's.
        for each in
            select relname, case relkind when 'v' then 'view' when 'm' then 'materialized view'
                else 'table' end as kind
            from pg_class
            where relnamespace = to_regnamespace(quote_ident(schema_name))
                and relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(relowner) <> dbt_role
        loop
            execute format('alter %s %I.%I owner to %I', each.kind, schema_name, each.relname, dbt_role);
        end loop;
        execute format('revoke all on all tables in schema %I from %I', schema_name, jobs_role);
        execute format('revoke all on schema %I from public, %I', schema_name, jobs_role);
        continue when privileges = '';
        execute format('grant usage on schema %I to %I', schema_name, jobs_role);
        execute format('grant %s on all tables in schema %I to %I', privileges, schema_name, jobs_role);
        -- What dbt will create or rebuild comes with the same rights.
        execute format('alter default privileges for role %I in schema %I grant %s on tables to %I',
            dbt_role, schema_name, privileges, jobs_role);
    end loop;
end
$rights$;
