-- What a real Spock has and the stand-in cannot do. The functions exist, and say so with SQLSTATE 0A000.

CREATE FUNCTION spock.repset_add_seq(set_name name, relation regclass, synchronize_data boolean DEFAULT false)
    RETURNS boolean
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('replicate sequences'); SELECT false; $$;

CREATE FUNCTION spock.repset_add_all_seqs(set_name name, schema_names text[], synchronize_data boolean DEFAULT false)
    RETURNS boolean
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('replicate sequences'); SELECT false; $$;

CREATE FUNCTION spock.repset_remove_seq(set_name name, relation regclass) RETURNS boolean
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('replicate sequences'); SELECT false; $$;

CREATE FUNCTION spock.sync_seq(relation regclass) RETURNS boolean
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('replicate sequences'); SELECT false; $$;

CREATE FUNCTION spock.pause_apply_workers() RETURNS void
LANGUAGE sql AS $$ SELECT spock_standin.refuse('pause apply workers'); $$;

CREATE FUNCTION spock.resume_apply_workers() RETURNS void
LANGUAGE sql AS $$ SELECT spock_standin.refuse('resume apply workers'); $$;

CREATE FUNCTION spock.slot_enable_failover() RETURNS integer
LANGUAGE sql AS $$ SELECT spock_standin.refuse('turn on failover for its slots'); SELECT 0; $$;

CREATE FUNCTION spock.terminate_active_transactions() RETURNS boolean
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('make a node read-only'); SELECT false; $$;

CREATE FUNCTION spock.get_lsn_from_commit_ts(slot_name name, commit_ts timestamptz) RETURNS pg_lsn
LANGUAGE sql STRICT AS $$ SELECT spock_standin.refuse('find a position in the WAL by time'); SELECT NULL::pg_lsn; $$;

CREATE FUNCTION spock.read_peer_progress(p_slot_name text, p_provider_node_id oid, p_subscriber_node_id oid)
    RETURNS TABLE (lsn pg_lsn, snapshot text, dbid oid, node_id oid, remote_node_id oid, remote_commit_ts timestamptz,
        prev_remote_ts timestamptz, remote_commit_lsn pg_lsn, remote_insert_lsn pg_lsn, received_lsn pg_lsn,
        last_updated_ts timestamptz, updated_by_decode boolean)
LANGUAGE plpgsql STRICT AS $$ BEGIN PERFORM spock_standin.refuse('read the progress of peers under a snapshot'); END; $$;

CREATE FUNCTION spock.table_data_filtered(reltyp anyelement, relation regclass, repsets text[]) RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM spock_standin.refuse('read a table through its row filters'); END; $$;

CREATE FUNCTION spock.reset_channel_stats() RETURNS void
LANGUAGE sql AS $$ SELECT spock_standin.refuse('reset channel counters, which it does not keep'); $$;

CREATE FUNCTION spock.reserved_object_add(p_name name, p_kind text, p_exclude_from_dump boolean DEFAULT true,
    p_block_in_repset boolean DEFAULT true, p_replicate_ddl boolean DEFAULT NULL) RETURNS void
LANGUAGE sql AS $$ SELECT spock_standin.refuse('reserve objects'); $$;

CREATE FUNCTION spock.reserved_object_remove(p_name name, p_kind text) RETURNS void
LANGUAGE sql AS $$ SELECT spock_standin.refuse('reserve objects'); $$;

CREATE FUNCTION spock.reserved_object_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'cannot % built-in reserved object "%" (%)', lower(TG_OP), OLD.name, OLD.kind;
END;
$$;
CREATE TRIGGER reserved_object_guard BEFORE UPDATE OR DELETE ON spock.reserved_object
    FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION spock.reserved_object_guard();
