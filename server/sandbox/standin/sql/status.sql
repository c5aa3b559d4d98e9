-- What Spock shows of itself, from what PostgreSQL knows. What it does not know is NULL, never a zero that looks measured.

-- SECURITY DEFINER, as Spock shows it, DSN included, to whoever may run it.
CREATE FUNCTION spock_standin.subscription_status(only_sub name, OUT subscription_name text, OUT status text,
    OUT provider_node text, OUT provider_dsn text, OUT slot_name text, OUT replication_sets text[],
    OUT forward_origins text[]) RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
    me oid := spock_standin.local_node_id();
BEGIN
    IF only_sub IS NOT NULL THEN
        PERFORM spock_standin.subscription_named(only_sub);
    END IF;
    RETURN QUERY
        SELECT s.sub_name::text,
               CASE
                   WHEN w.pid IS NOT NULL AND sync.sync_status IS NULL THEN 'unknown'
                   WHEN w.pid IS NOT NULL AND sync.sync_status <> 'r' THEN 'initializing'
                   -- A worker that has heard nothing yet is still trying to connect.
                   WHEN w.pid IS NOT NULL AND isfinite(w.last_msg_receipt_time) THEN 'replicating'
                   WHEN NOT (s.sub_enabled AND native.subenabled) THEN 'disabled'
                   ELSE 'down'
               END,
               n.node_name::text, i.if_dsn, s.sub_slot_name::text, s.sub_replication_sets, s.sub_forward_origins
          FROM spock.subscription s
          JOIN spock.node n ON n.node_id = s.sub_origin
          JOIN spock.node_interface i ON i.if_id = s.sub_origin_if
          LEFT JOIN pg_subscription native ON native.oid = spock_standin.native_subscription(s.sub_slot_name)
          LEFT JOIN pg_stat_subscription w ON w.subid = native.oid AND w.worker_type = 'apply'
          LEFT JOIN spock.local_sync_status sync ON sync.sync_subid = s.sub_id AND sync.sync_relname IS NULL
         WHERE s.sub_target = me AND (only_sub IS NULL OR s.sub_name = only_sub);
END;
$$;

-- SQL, since PL/pgSQL does not allow an input and an output parameter of one name.
CREATE FUNCTION spock.sub_show_status(subscription_name name DEFAULT NULL, OUT subscription_name text, OUT status text,
    OUT provider_node text, OUT provider_dsn text, OUT slot_name text, OUT replication_sets text[],
    OUT forward_origins text[]) RETURNS SETOF record
LANGUAGE sql STABLE AS $$ SELECT * FROM spock_standin.subscription_status($1); $$;

CREATE FUNCTION spock.get_apply_worker_status(OUT worker_pid bigint, OUT worker_dboid integer, OUT worker_subid bigint,
    OUT worker_status text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT w.pid, native.subdbid::integer, s.sub_id::bigint, 'running'
      FROM spock.subscription s
      JOIN pg_subscription native ON native.oid = spock_standin.native_subscription(s.sub_slot_name)
      JOIN pg_stat_subscription w ON w.subid = native.oid AND w.worker_type = 'apply' AND w.pid IS NOT NULL;
$$;

-- The provider's insert position is not known here, and of the time of the last applied commit only this: the commit
-- timestamp of the node's very last transaction, if that came through this subscription. received_lsn is of the running
-- worker.
CREATE FUNCTION spock.apply_group_progress(OUT dbid oid, OUT node_id oid, OUT remote_node_id oid,
    OUT remote_commit_ts timestamptz, OUT prev_remote_ts timestamptz, OUT remote_commit_lsn pg_lsn,
    OUT remote_insert_lsn pg_lsn, OUT received_lsn pg_lsn, OUT last_updated_ts timestamptz, OUT updated_by_decode boolean)
    RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
    last_commit record;
BEGIN
    SELECT NULL::timestamptz AS "timestamp", NULL::oid AS roident INTO last_commit;
    IF current_setting('track_commit_timestamp')::boolean AND NOT pg_is_in_recovery() THEN
        SELECT c."timestamp", c.roident INTO last_commit FROM pg_last_committed_xact() c;
    END IF;
    RETURN QUERY
        SELECT native.subdbid, s.sub_target, s.sub_origin,
               CASE WHEN o.roident = last_commit.roident THEN last_commit."timestamp" END, NULL::timestamptz,
               nullif(ros.remote_lsn, '0/0'), NULL::pg_lsn, w.received_lsn, w.last_msg_receipt_time, NULL::boolean
          FROM spock.subscription s
          JOIN pg_subscription native ON native.oid = spock_standin.native_subscription(s.sub_slot_name)
          LEFT JOIN pg_replication_origin o ON o.roname = 'pg_' || native.oid
          LEFT JOIN pg_replication_origin_status ros ON ros.local_id = o.roident
          LEFT JOIN pg_stat_subscription w ON w.subid = native.oid AND w.worker_type = 'apply';
END;
$$;

CREATE VIEW spock.progress AS
    SELECT * FROM spock.apply_group_progress();

CREATE VIEW spock.lag_tracker AS
    SELECT origin.node_name AS origin_name, receiver.node_name AS receiver_name,
           max(p.remote_commit_ts) AS commit_timestamp, max(p.remote_commit_lsn) AS commit_lsn,
           max(p.remote_insert_lsn) AS remote_insert_lsn, max(p.received_lsn) AS received_lsn,
           max(pg_catalog.pg_wal_lsn_diff(p.remote_insert_lsn, p.remote_commit_lsn)) AS replication_lag_bytes,
           -- last_updated_ts is the time of the last message here, not that of the last commit's apply
           NULL::interval AS replication_lag
      FROM spock.progress p
      LEFT JOIN spock.node origin ON origin.node_id = p.remote_node_id
      LEFT JOIN spock.node receiver ON receiver.node_id = p.node_id
     GROUP BY origin.node_name, receiver.node_name;

-- PostgreSQL counts a table's rows whoever wrote them, and conflicts per subscription and not per table. So nothing is
-- known per table; the rows are there to name the tables that leave the node.
CREATE FUNCTION spock.get_channel_stats(OUT subid oid, OUT relid oid, OUT n_tup_ins bigint, OUT n_tup_upd bigint,
    OUT n_tup_del bigint, OUT n_conflict bigint, OUT n_dca bigint) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT DISTINCT 0::oid, m.set_reloid::oid, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
      FROM spock.replication_set_table m
      JOIN spock.replication_set s ON s.set_id = m.set_id
      JOIN spock.local_node l ON l.node_id = s.set_nodeid;
$$;

CREATE VIEW spock.channel_table_stats AS
    SELECT h.subid, h.relid, '<output>'::name AS sub_name,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS table_name,
           h.n_tup_ins, h.n_tup_upd, h.n_tup_del, h.n_conflict, h.n_dca
      FROM spock.get_channel_stats() h
      LEFT JOIN pg_catalog.pg_class c ON c.oid = h.relid
      LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;

-- delete_exists is a type of Spock's that PostgreSQL does not have.
CREATE FUNCTION spock_standin.conflicts(sub_id oid, OUT confl_insert_exists bigint, OUT confl_update_origin_differs bigint,
    OUT confl_update_exists bigint, OUT confl_update_missing bigint, OUT confl_delete_origin_differs bigint,
    OUT confl_delete_missing bigint, OUT confl_multiple_unique_conflicts bigint, OUT stats_reset timestamptz) RETURNS record
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT c.confl_insert_exists, c.confl_update_origin_differs, c.confl_update_exists, c.confl_update_missing,
           c.confl_delete_origin_differs, c.confl_delete_missing, c.confl_multiple_unique_conflicts, c.stats_reset
      FROM spock.subscription s
      JOIN pg_stat_subscription_stats c ON c.subid = spock_standin.native_subscription(s.sub_slot_name)
     WHERE s.sub_id = conflicts.sub_id;
$$;

CREATE VIEW spock.channel_summary_stats AS
    SELECT s.sub_id AS subid, s.sub_name, NULL::numeric AS n_tup_ins, NULL::numeric AS n_tup_upd,
           NULL::numeric AS n_tup_del,
           (c.confl_insert_exists + c.confl_update_origin_differs + c.confl_update_exists + c.confl_update_missing
            + c.confl_delete_origin_differs + c.confl_delete_missing + c.confl_multiple_unique_conflicts)::numeric
           AS n_conflict,
           NULL::numeric AS n_dca
      FROM spock.subscription s, spock_standin.conflicts(s.sub_id) c
     UNION ALL
    SELECT t.subid, t.sub_name, sum(t.n_tup_ins), sum(t.n_tup_upd), sum(t.n_tup_del), sum(t.n_conflict), sum(t.n_dca)
      FROM spock.channel_table_stats t
     GROUP BY t.subid, t.sub_name;

CREATE FUNCTION spock.get_subscription_stats(subid oid, OUT subid oid, OUT confl_insert_exists bigint,
    OUT confl_update_origin_differs bigint, OUT confl_update_exists bigint, OUT confl_update_missing bigint,
    OUT confl_delete_origin_differs bigint, OUT confl_delete_missing bigint, OUT confl_delete_exists bigint,
    OUT stats_reset timestamptz) RETURNS record
LANGUAGE sql STABLE AS $$
    SELECT $1, c.confl_insert_exists, c.confl_update_origin_differs, c.confl_update_exists, c.confl_update_missing,
           c.confl_delete_origin_differs, c.confl_delete_missing, NULL::bigint, c.stats_reset
      FROM spock_standin.conflicts($1) c;
$$;

CREATE FUNCTION spock.reset_subscription_stats(subid oid DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = pg_catalog AS $$
    SELECT pg_stat_reset_subscription_stats(spock_standin.native_subscription(s.sub_slot_name))
      FROM spock.subscription s
     WHERE reset_subscription_stats.subid IS NULL OR s.sub_id = reset_subscription_stats.subid;
$$;

CREATE FUNCTION spock.cleanup_resolutions(days integer DEFAULT NULL) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog AS $$
    WITH gone AS (
        DELETE FROM spock.resolutions r
         WHERE r.log_time < now() - make_interval(days => coalesce(
                   days, nullif(current_setting('spock.resolutions_retention_days', true), '')::integer, 100))
        RETURNING 1
    )
    SELECT count(*) FROM gone;
$$;
REVOKE ALL ON FUNCTION spock.cleanup_resolutions(integer) FROM PUBLIC;

CREATE FUNCTION spock.xact_commit_timestamp_origin(xid xid, OUT "timestamp" timestamptz, OUT roident oid) RETURNS record
LANGUAGE sql STRICT AS $$
    SELECT c."timestamp", c.roident FROM pg_catalog.pg_xact_commit_timestamp_origin($1) c;
$$;

CREATE FUNCTION spock.md5_agg_sfunc(text, anyelement) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT pg_catalog.md5($1 || $2::text); $$;

CREATE AGGREGATE spock.md5_agg (ORDER BY anyelement) (
    STYPE = text, SFUNC = spock.md5_agg_sfunc, INITCOND = '', PARALLEL = SAFE
);
