"""The statements that are sent, all of them: SELECTs of pg_catalog, and the newest time in a configured column.

Columns are those of https://www.postgresql.org/docs/15/catalogs.html. Numbers of catalogue tables (1259 pg_class,
2615 pg_namespace, 2620 pg_trigger, 1255 pg_proc) are fixed in PostgreSQL's sources (src/include/catalog/*.h).
"""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = {
    "whoami": """
        SELECT current_user AS who, current_database() AS name, current_setting('server_version') AS version,
               d.datcollate AS collation, CAST(d.datacl AS text) AS acl, r.rolname AS owner
        FROM pg_catalog.pg_database d LEFT JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
        WHERE d.datname = current_database()""",
    "roles": """
        SELECT r.oid AS oid, r.rolname AS name, r.rolcanlogin AS login, r.rolsuper AS super, r.rolcreaterole AS maker,
               r.rolcreatedb AS creator, r.rolreplication AS replicates, r.rolbypassrls AS bypass,
               r.rolconnlimit AS connections, r.rolvaliduntil AS until
        FROM pg_catalog.pg_roles r ORDER BY r.rolname""",
    "members": """
        SELECT m.rolname AS member, g.rolname AS role
        FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles m ON m.oid = a.member
             JOIN pg_catalog.pg_roles g ON g.oid = a.roleid
        ORDER BY m.rolname, g.rolname""",
    "schemas": """
        SELECT n.oid AS oid, n.nspname AS name, r.rolname AS owner, d.description AS description,
               CAST(n.nspacl AS text) AS acl
        FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
             LEFT JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.classoid = 2615 AND d.objsubid = 0
        WHERE substr(n.nspname, 1, 3) <> 'pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname""",
    "tables": """
        SELECT c.oid AS oid, c.relnamespace AS schema, c.relname AS name, c.relkind AS kind, r.rolname AS owner,
               c.relrowsecurity AS guarded, d.description AS description,
               CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition
        FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
             LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 1259 AND d.objsubid = 0
        WHERE c.relnamespace IN :schemas AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        ORDER BY c.relname""",
    "columns": """
        SELECT c.oid AS relation, a.attnum AS number, a.attname AS name, format_type(a.atttypid, NULL) AS native,
               a.atttypmod AS modifier, a.attnotnull AS filled, a.attidentity AS identity, a.attgenerated AS generated,
               t.typname AS type, t.typtype AS class, t.oid AS enum, t.typnotnull AS domain_filled,
               t.typtypmod AS domain_modifier, b.typname AS base, e.oid AS element, e.typtype AS element_class,
               pg_get_expr(d.adbin, d.adrelid) AS expression, s.description AS description
        FROM pg_catalog.pg_class c
             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
             LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
             LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
             LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             LEFT JOIN pg_catalog.pg_description s ON s.objoid = c.oid AND s.classoid = 1259 AND s.objsubid = a.attnum
        WHERE c.oid IN :tables ORDER BY c.oid, a.attnum""",
    "constraints": """
        SELECT k.conrelid AS relation, k.contype AS kind, CAST(k.conkey AS text) AS columns, f.relname AS target,
               n.nspname AS target_schema, CASE WHEN k.contype = 'c' THEN pg_get_constraintdef(k.oid) END AS definition
        FROM pg_catalog.pg_constraint k LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
             LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace
        WHERE k.conrelid IN :tables AND k.contype IN ('p', 'u', 'f', 'c') ORDER BY k.conrelid, k.conname""",
    "labels": """
        SELECT l.enumtypid AS enum, l.enumlabel AS label
        FROM pg_catalog.pg_enum l ORDER BY l.enumtypid, l.enumsortorder""",
    "grants": """
        SELECT c.oid AS relation, r.rolname AS owner, CAST(c.relacl AS text) AS acl
        FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
        WHERE c.oid IN :tables ORDER BY c.oid""",
    "column_grants": """
        SELECT a.attrelid AS relation, a.attname AS field, CAST(a.attacl AS text) AS acl
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid IN :tables AND NOT a.attisdropped AND a.attacl IS NOT NULL
        ORDER BY a.attrelid, a.attname""",
    "policies": """
        SELECT p.schemaname AS schema, p.tablename AS name, p.policyname AS policy, p.permissive AS permissive,
               CAST(p.roles AS text) AS roles, p.cmd AS command, p.qual AS filter, p.with_check AS checked
        FROM pg_catalog.pg_policies p ORDER BY p.schemaname, p.tablename, p.policyname""",
    "triggers": """
        SELECT t.oid AS oid, n.oid AS schema, n.nspname AS schema_name, c.relname AS relation, t.tgname AS name,
               t.tgenabled AS fires, t.tgconstraint AS constraint_number, f.proname AS function,
               m.nspname AS function_schema, d.description AS description, pg_get_triggerdef(t.oid) AS definition
        FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_catalog.pg_proc f ON f.oid = t.tgfoid
             LEFT JOIN pg_catalog.pg_namespace m ON m.oid = f.pronamespace
             LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.classoid = 2620 AND d.objsubid = 0
        WHERE c.relnamespace IN :schemas AND NOT t.tgisinternal AND NOT c.relispartition
        ORDER BY c.relname, t.tgname""",
    "routines": """
        SELECT p.oid AS oid, n.oid AS schema, n.nspname AS schema_name, p.proname AS name,
               oidvectortypes(p.proargtypes) AS arguments, p.prokind AS kind, l.lanname AS language,
               r.rolname AS owner, p.prosecdef AS definer, format_type(p.prorettype, NULL) AS gives,
               CAST(p.proconfig AS text) AS settings, d.description AS description,
               CASE WHEN p.prosrc = '' AND p.prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE p.prosrc END AS body
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             LEFT JOIN pg_catalog.pg_language l ON l.oid = p.prolang
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
             LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.classoid = 1255 AND d.objsubid = 0
             LEFT JOIN pg_catalog.pg_depend e ON e.objid = p.oid AND e.classid = 1255 AND e.deptype = 'e'
        WHERE p.pronamespace IN :schemas AND e.objid IS NULL ORDER BY p.proname, p.oid""",
    "event_triggers": """
        SELECT e.oid AS oid, e.evtname AS name, e.evtevent AS event, e.evtenabled AS fires,
               CAST(e.evttags AS text) AS tags, r.rolname AS owner, f.proname AS function, m.nspname AS function_schema
        FROM pg_catalog.pg_event_trigger e LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.evtowner
             LEFT JOIN pg_catalog.pg_proc f ON f.oid = e.evtfoid
             LEFT JOIN pg_catalog.pg_namespace m ON m.oid = f.pronamespace
        ORDER BY e.evtname""",
    "extensions": """
        SELECT x.oid AS oid, x.extname AS name, x.extversion AS version, n.nspname AS schema
        FROM pg_catalog.pg_extension x LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
        ORDER BY x.extname""",
    "publications": """
        SELECT p.oid AS oid, p.pubname AS name, r.rolname AS owner, p.puballtables AS whole, p.pubinsert AS inserts,
               p.pubupdate AS updates, p.pubdelete AS deletes, p.pubtruncate AS truncates
        FROM pg_catalog.pg_publication p LEFT JOIN pg_catalog.pg_roles r ON r.oid = p.pubowner ORDER BY p.pubname""",
    "published": """
        SELECT t.pubname AS publication, t.schemaname AS schema, t.tablename AS name
        FROM pg_catalog.pg_publication_tables t ORDER BY t.pubname, t.schemaname, t.tablename""",
    "slots": """
        SELECT s.slot_name AS name, s.plugin AS plugin, s.wal_status AS kept
        FROM pg_catalog.pg_replication_slots s
        WHERE s.slot_type = 'logical' AND s.database = current_database() AND NOT s.temporary ORDER BY s.slot_name""",
    "subscriptions": """
        SELECT s.subname AS name, r.rolname AS owner, s.subenabled AS enabled, s.subslotname AS slot,
               CAST(s.subpublications AS text) AS publications
        FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.subowner
        WHERE d.datname = current_database() ORDER BY s.subname""",
    "workers": """
        SELECT w.subname AS name, w.pid AS worker, w.last_msg_receipt_time AS heard
        FROM pg_catalog.pg_stat_subscription w WHERE w.relid IS NULL ORDER BY w.subname""",
    "newest": "SELECT max({column}) AS newest FROM {table}",
}
