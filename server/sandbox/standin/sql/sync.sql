-- Which tables a subscription applies, copies of their data, and waiting for them.

-- kind as in local_sync_status. The row of the subscription itself has no relation; of the tables, those of its first copy
-- count towards that row, and those copied later show as rows of their own.
CREATE TABLE spock_standin.sync (
    sub_id oid NOT NULL REFERENCES spock.subscription (sub_id),
    relation regclass,
    first_copy boolean NOT NULL DEFAULT false,
    kind "char" NOT NULL,
    -- The provider's greeting has been applied; or the subscription was made disabled, which Spock calls ready at once.
    begun boolean NOT NULL DEFAULT false,
    UNIQUE NULLS NOT DISTINCT (sub_id, relation)
);

-- The tables whose changes may come from a provider: all but the system's and Spock's, and the queue.
CREATE VIEW spock_standin.receivable AS
    SELECT c.oid
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
       AND n.nspname !~ '^pg_'
       AND (n.nspname NOT IN ('information_schema', 'spock', 'spock_standin')
            OR c.oid = 'spock.queue'::pg_catalog.regclass);

-- A table being created and a subscription being created must not miss each other.
CREATE FUNCTION spock_standin.lock_known_tables(shared boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    key integer := hashtext('spock_standin.known_tables');
BEGIN
    IF shared THEN
        PERFORM pg_advisory_xact_lock_shared(key, 0);
    ELSE
        PERFORM pg_advisory_xact_lock(key, 0);
    END IF;
END;
$$;

CREATE FUNCTION spock_standin.begin_sync(sub spock.subscription, synchronize_data boolean, tables text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    missing text;
BEGIN
    INSERT INTO spock_standin.sync (sub_id, kind, begun)
    VALUES (sub.sub_id, CASE WHEN synchronize_data THEN 'd' ELSE 'i' END, NOT sub.sub_enabled);
    IF synchronize_data THEN
        SELECT t INTO missing FROM unnest(tables) t WHERE to_regclass(t) IS NULL;
        IF FOUND THEN
            RAISE EXCEPTION 'table % of the provider''s replication sets does not exist here', missing
                USING ERRCODE = 'undefined_table', HINT = 'The stand-in copies data, not structure: create the table first.';
        END IF;
        INSERT INTO spock_standin.sync (sub_id, relation, first_copy, kind)
        SELECT sub.sub_id, t::regclass, true, 'd' FROM unnest(tables) t;
    END IF;
    INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
    SELECT spock_standin.native_subscription(sub.sub_slot_name), r.oid,
           CASE WHEN EXISTS (SELECT FROM spock_standin.sync s WHERE s.sub_id = sub.sub_id AND s.relation = r.oid)
                THEN 'i' ELSE 'r' END
      FROM spock_standin.receivable r;
END;
$$;

-- SECURITY DEFINER, as anyone may create a table and none but a superuser may write pg_subscription_rel.
CREATE FUNCTION spock_standin.note_created_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    -- One CREATE TABLE with a foreign key reports its table twice.
    created oid[] := ARRAY(SELECT DISTINCT c.objid
                             FROM pg_event_trigger_ddl_commands() c
                             JOIN spock_standin.receivable r ON r.oid = c.objid
                            WHERE c.classid = 'pg_class'::regclass AND c.objsubid = 0);
BEGIN
    IF created = '{}' THEN
        RETURN;
    END IF;
    PERFORM spock_standin.lock_known_tables(shared => true);
    INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)
    SELECT spock_standin.native_subscription(s.sub_slot_name), t, 'r'
      FROM spock.subscription s, unnest(created) t
     WHERE spock_standin.native_subscription(s.sub_slot_name) IS NOT NULL;
END;
$$;
CREATE EVENT TRIGGER spock_standin_note_created_tables ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
    EXECUTE FUNCTION spock_standin.note_created_tables();
-- ALWAYS: also for the DDL that an apply worker runs.
ALTER EVENT TRIGGER spock_standin_note_created_tables ENABLE ALWAYS;

CREATE FUNCTION spock_standin.forget_dropped_tables() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- DROP EXTENSION spock drops these two tables before it is the event triggers' turn.
    IF to_regclass('spock.replication_set_table') IS NULL OR to_regclass('spock_standin.sync') IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM spock.replication_set_table m
     USING pg_event_trigger_dropped_objects() d
     WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND m.set_reloid = d.objid;
    DELETE FROM spock_standin.sync s
     USING pg_event_trigger_dropped_objects() d
     WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND s.relation = d.objid;
END;
$$;
CREATE EVENT TRIGGER spock_standin_forget_dropped_tables ON sql_drop
    EXECUTE FUNCTION spock_standin.forget_dropped_tables();
ALTER EVENT TRIGGER spock_standin_forget_dropped_tables ENABLE ALWAYS;

-- PostgreSQL's states of a table in Spock's letters: f (copied, waiting to catch up) is w, s (caught up) is y.
CREATE VIEW spock_standin.table_state AS
    SELECT s.sub_id, s.relation, s.first_copy,
           pg_catalog.translate(r.srsubstate::text, 'fs', 'wy')::"char" AS status,
           coalesce(r.srsublsn, '0/0') AS lsn
      FROM spock_standin.sync s
      JOIN spock.subscription sub ON sub.sub_id = s.sub_id
      JOIN pg_catalog.pg_subscription_rel r ON r.srrelid = s.relation
                                           AND r.srsubid = spock_standin.native_subscription(sub.sub_slot_name);

CREATE VIEW spock.local_sync_status AS
    SELECT s.kind AS sync_kind, s.sub_id AS sync_subid, NULL::name AS sync_nspname, NULL::name AS sync_relname,
           CASE
               WHEN NOT s.begun THEN 'i'
               ELSE coalesce((SELECT CASE WHEN t.status = 'i' THEN 'd' ELSE t.status END
                                FROM spock_standin.table_state t
                               WHERE t.sub_id = s.sub_id AND t.first_copy AND t.status NOT IN ('y', 'r')
                               ORDER BY pg_catalog.strpos('idw', t.status::text) LIMIT 1), 'r')
           END::"char" AS sync_status,
           '0/0'::pg_lsn AS sync_statuslsn
      FROM spock_standin.sync s
     WHERE s.relation IS NULL
     UNION ALL
    SELECT 'd', t.sub_id, n.nspname, c.relname, t.status, t.lsn
      FROM spock_standin.table_state t
      JOIN pg_catalog.pg_class c ON c.oid = t.relation
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT t.first_copy;

-- TRUNCATE for this node alone: under an origin, so that the other nodes, which read origin = none, do not get it.
CREATE FUNCTION spock_standin.truncate_quietly(relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    key integer := hashtext('spock_standin.quiet_origin');
BEGIN
    -- An origin serves one session at a time.
    PERFORM pg_advisory_lock(key, 0);
    BEGIN
        PERFORM pg_replication_origin_session_setup(spock_standin.quiet_origin());
        EXECUTE format('TRUNCATE TABLE ONLY %s', relation);
        PERFORM pg_replication_origin_session_reset();
    EXCEPTION WHEN OTHERS OR query_canceled THEN
        IF pg_replication_origin_session_is_setup() THEN
            PERFORM pg_replication_origin_session_reset();
        END IF;
        PERFORM pg_advisory_unlock(key, 0);
        RAISE;
    END;
    PERFORM pg_advisory_unlock(key, 0);
END;
$$;

/*
 * Copies tables anew. A worker that runs keeps in mind that a table was ready, and would apply changes that the copy holds
 * as well. So it is stopped here, while this transaction's lock on the subscription keeps its successor from starting
 * before the commit.
 */
CREATE FUNCTION spock_standin.copy_tables(sub spock.subscription, relations regclass[], empty_first boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    native oid := spock_standin.native_subscription(sub.sub_slot_name);
    busy regclass;
BEGIN
    EXECUTE format('ALTER SUBSCRIPTION %I DISABLE', sub.sub_slot_name);
    SELECT r.srrelid INTO busy
      FROM pg_subscription_rel r
     WHERE r.srsubid = native AND r.srrelid = ANY (relations) AND r.srsubstate NOT IN ('r', 's');
    IF FOUND THEN
        RAISE EXCEPTION 'table % is already being synchronized', busy USING ERRCODE = 'internal_error';
    END IF;
    PERFORM pg_terminate_backend(w.pid, 10000)
       FROM pg_stat_subscription w
      WHERE w.subid = native AND w.pid IS NOT NULL;
    IF empty_first THEN
        PERFORM spock_standin.truncate_quietly(r) FROM unnest(relations) r;
    END IF;
    INSERT INTO spock_standin.sync (sub_id, relation, kind)
    SELECT sub.sub_id, r, 'd' FROM unnest(relations) r
    ON CONFLICT (sub_id, relation) DO UPDATE SET first_copy = false;
    UPDATE pg_subscription_rel r
       SET srsubstate = 'i', srsublsn = NULL
     WHERE r.srsubid = native AND r.srrelid = ANY (relations);
    IF sub.sub_enabled THEN
        EXECUTE format('ALTER SUBSCRIPTION %I ENABLE', sub.sub_slot_name);
    END IF;
END;
$$;

-- The tables the provider has in the subscription's sets.
CREATE FUNCTION spock_standin.provided_tables(sub spock.subscription) RETURNS text[]
LANGUAGE sql SET search_path = pg_catalog AS $$
    SELECT ARRAY(SELECT jsonb_array_elements_text(nullif(offer->'tables', 'null')))
      FROM spock_standin.ask_for_offer(spock_standin.provider_dsn(sub), sub.sub_name, sub.sub_replication_sets) offer;
$$;

CREATE FUNCTION spock.sub_resync_table(subscription_name name, relation regclass, truncate boolean DEFAULT true)
    RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
    partitions regclass[] := ARRAY(SELECT t.relid FROM pg_partition_tree(relation) t WHERE t.isleaf);
BEGIN
    IF partitions = '{}' THEN
        partitions := ARRAY[relation];
    END IF;
    -- search_path is pg_catalog, so the text of a regclass is qualified.
    IF NOT ARRAY(SELECT p::text FROM unnest(partitions) p) <@ spock_standin.provided_tables(sub) THEN
        RAISE EXCEPTION 'table % is in none of the replication sets that subscription % receives', relation,
            subscription_name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM spock_standin.copy_tables(sub, partitions, truncate);
    RETURN true;
END;
$$;

-- Copies every table of the sets that has not been copied by this subscription.
CREATE FUNCTION spock.sub_alter_sync(subscription_name name, truncate boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
    uncopied regclass[];
BEGIN
    SELECT array_agg(t::regclass) INTO uncopied
      FROM unnest(spock_standin.provided_tables(sub)) t
     WHERE NOT EXISTS (SELECT FROM spock_standin.sync s WHERE s.sub_id = sub.sub_id AND s.relation = t::regclass);
    IF uncopied IS NOT NULL THEN
        PERFORM spock_standin.copy_tables(sub, uncopied, truncate);
    END IF;
    RETURN true;
END;
$$;

CREATE FUNCTION spock.sub_show_table(subscription_name name, relation regclass, OUT nspname text, OUT relname text,
    OUT status text) RETURNS record
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog AS $$
    SELECT n.nspname, c.relname,
           CASE l.sync_status WHEN 'i' THEN 'sync_init' WHEN 'd' THEN 'sync_data' WHEN 'w' THEN 'sync_waiting'
                              WHEN 'y' THEN 'synchronized' WHEN 'r' THEN 'replicating' ELSE 'unknown' END
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN spock_standin.subscription_named(subscription_name) sub
      LEFT JOIN spock.local_sync_status l ON l.sync_subid = sub.sub_id
                                         AND l.sync_nspname = n.nspname AND l.sync_relname = c.relname
     WHERE c.oid = relation;
$$;

CREATE FUNCTION spock_standin.check_waitable() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'cannot wait for sync in REPEATABLE READ or SERIALIZABLE isolation';
    END IF;
END;
$$;

CREATE FUNCTION spock.sub_wait_for_sync(subscription_name name) RETURNS void
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    PERFORM spock_standin.check_waitable();
    WHILE EXISTS (SELECT FROM spock.local_sync_status l WHERE l.sync_subid = sub.sub_id AND l.sync_status <> 'r')
    LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
END;
$$;

CREATE FUNCTION spock.table_wait_for_sync(subscription_name name, relation regclass) RETURNS void
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    PERFORM spock_standin.check_waitable();
    IF NOT EXISTS (SELECT FROM spock_standin.sync s WHERE s.sub_id = sub.sub_id AND s.relation = table_wait_for_sync.relation)
    THEN
        RAISE EXCEPTION 'subscription % table % status not found', sub.sub_id, relation USING ERRCODE = 'internal_error';
    END IF;
    WHILE EXISTS (SELECT FROM spock_standin.table_state t
                   WHERE t.sub_id = sub.sub_id AND t.relation = table_wait_for_sync.relation AND t.status <> 'r')
    LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
END;
$$;
