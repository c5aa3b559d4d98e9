-- The queue: commands that travel to the receivers inside the provider's transactions, and are run by their apply workers
-- in the order of the commits. And the events by which one waits for a receiver.

-- The trigger that runs them on a receiver. It only fires in an apply worker (ENABLE REPLICA), as the subscription's owner.
-- A command that fails stops the subscription until it can succeed, as any change that cannot be applied does here.
CREATE FUNCTION spock_standin.run_queued() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription;
    relation regclass;
BEGIN
    SELECT s.* INTO sub
      FROM pg_stat_subscription w
      JOIN spock.subscription s ON spock_standin.native_subscription(s.sub_slot_name) = w.subid
     WHERE w.pid = pg_backend_pid();
    IF NEW.message_type = 'H' AND NEW.message #>> '{}' = sub.sub_slot_name THEN
        UPDATE spock_standin.sync s SET begun = true WHERE s.sub_id = sub.sub_id AND s.relation IS NULL;
    END IF;
    IF NEW.message_type = 'H' OR NOT coalesce(NEW.replication_sets && sub.sub_replication_sets, false) THEN
        RETURN NULL;
    END IF;

    IF NEW.message_type = 'Q' THEN
        PERFORM set_config('role', NEW.role, true);
        EXECUTE NEW.message #>> '{}';
        PERFORM set_config('role', 'none', true);
    ELSIF NEW.message_type = 'A' THEN
        relation := format('%I.%I', NEW.message->>'schema_name', NEW.message->>'table_name')::regclass;
        UPDATE pg_subscription_rel r
           SET srsubstate = 'i', srsublsn = NULL
         WHERE r.srsubid = spock_standin.native_subscription(sub.sub_slot_name) AND r.srrelid = relation;
        INSERT INTO spock_standin.sync (sub_id, relation, kind) VALUES (sub.sub_id, relation, 'd')
        ON CONFLICT (sub_id, relation) DO UPDATE SET first_copy = false;
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER run_queued BEFORE INSERT ON spock.queue FOR EACH ROW EXECUTE FUNCTION spock_standin.run_queued();
ALTER TABLE spock.queue ENABLE REPLICA TRIGGER run_queued;

CREATE FUNCTION spock_standin.queue_table_sync(set_name name, relation regclass) RETURNS void
LANGUAGE sql SET search_path = pg_catalog AS $$
    INSERT INTO spock.queue
    SELECT now(), current_user, ARRAY[set_name::text], 'A',
           json_build_object('schema_name', n.nspname, 'table_name', member.relname)
      FROM spock_standin.with_partitions(relation, true) m
      JOIN pg_class member ON member.oid = m AND member.relkind = 'r'
      JOIN pg_namespace n ON n.oid = member.relnamespace;
$$;

-- SET search_path with every schema quoted: a setting's own text is not always valid SQL.
CREATE FUNCTION spock_standin.set_search_path_command(search_path text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT 'SET search_path TO '
           || coalesce(string_agg(quote_ident(coalesce(replace(m[1], '""', '"'), lower(m[2]))), ', '), '''''') || '; '
      FROM regexp_matches($1, '"((?:[^"]|"")*)"|([^",\s]+)', 'g') m;
$$;

CREATE FUNCTION spock.replicate_ddl(command text, replication_sets text[] DEFAULT '{ddl_sql}',
    search_path text DEFAULT current_setting('search_path'), role text DEFAULT CURRENT_USER) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    caller text := current_setting('role');
BEGIN
    PERFORM spock_standin.replication_set_named(s::name) FROM unnest(replication_sets) s;
    INSERT INTO spock.queue
    VALUES (now(), role, replication_sets, 'Q', to_json(spock_standin.set_search_path_command(search_path) || command));
    -- The function's own SET clause puts the search_path back.
    PERFORM set_config('search_path', search_path, true);
    PERFORM pg_catalog.set_config('role', role, true);
    EXECUTE command;
    PERFORM pg_catalog.set_config('role', caller, true);
    RETURN true;
END;
$$;

CREATE FUNCTION spock.replicate_ddl(command text[], replication_sets text[] DEFAULT '{ddl_sql}',
    search_path text DEFAULT current_setting('search_path'), role text DEFAULT CURRENT_USER) RETURNS SETOF boolean
LANGUAGE sql STRICT AS $$
    SELECT spock.replicate_ddl(one, $2, $3, $4) FROM unnest($1) one;
$$;

CREATE FUNCTION spock.sync_event(transactional boolean DEFAULT false) RETURNS pg_lsn
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
BEGIN
    PERFORM spock_standin.local_node_id();
    RETURN pg_logical_emit_message(transactional, 'spock', 'sync_event', true);
END;
$$;

/*
 * Spock's receivers are told of the event; PostgreSQL's never ask for messages. But a worker applies in order, so once it
 * has handled the sender's report that it stands at a position (latest_end_lsn), all that was committed before is
 * applied. While changes keep coming, the position of the last applied commit tells the same.
 */
CREATE FUNCTION spock_standin.has_applied(sub spock.subscription, lsn pg_lsn) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM pg_stat_subscription w
                    WHERE w.subid = spock_standin.native_subscription(sub.sub_slot_name) AND w.worker_type = 'apply'
                      AND w.latest_end_lsn >= lsn)
        OR EXISTS (SELECT FROM pg_replication_origin_status o
                    WHERE o.external_id = 'pg_' || spock_standin.native_subscription(sub.sub_slot_name)
                      AND o.remote_lsn >= lsn);
$$;

-- No SET clause: it would forbid the ROLLBACK, which lets the next round see what others have committed.
CREATE PROCEDURE spock.wait_for_sync_event(OUT result boolean, origin_id oid, lsn pg_lsn, timeout integer DEFAULT 0,
    wait_if_disabled boolean DEFAULT false)
LANGUAGE plpgsql AS $$
DECLARE
    me oid := spock_standin.local_node_id();
    started timestamptz := pg_catalog.clock_timestamp();
    sub spock.subscription;
BEGIN
    IF origin_id IS NULL THEN
        RAISE EXCEPTION 'Invalid NULL origin_id';
    END IF;
    LOOP
        SELECT s.* INTO sub FROM spock.subscription s WHERE s.sub_origin = origin_id AND s.sub_target = me;
        IF sub.sub_id IS NULL THEN
            IF NOT wait_if_disabled THEN
                RAISE EXCEPTION 'No subscription found for replication % => %', origin_id, me;
            END IF;
        ELSIF NOT sub.sub_enabled THEN
            IF NOT wait_if_disabled THEN
                RAISE EXCEPTION 'Subscription % => % has been disabled', origin_id, me;
            END IF;
        ELSIF spock_standin.has_applied(sub, lsn) THEN
            result := true;
            RETURN;
        END IF;
        IF timeout <> 0 AND pg_catalog.clock_timestamp() - started >= pg_catalog.make_interval(secs => timeout) THEN
            result := false;
            RETURN;
        END IF;
        ROLLBACK;
        PERFORM pg_catalog.pg_sleep(0.02);
    END LOOP;
END;
$$;

CREATE PROCEDURE spock.wait_for_sync_event(OUT result boolean, origin name, lsn pg_lsn, timeout integer DEFAULT 0,
    wait_if_disabled boolean DEFAULT false)
LANGUAGE plpgsql AS $$
DECLARE
    origin_id oid := (SELECT n.node_id FROM spock.node n WHERE n.node_name = origin);
BEGIN
    IF origin_id IS NULL THEN
        RAISE EXCEPTION 'Origin node ''%'' not found', origin;
    END IF;
    CALL spock.wait_for_sync_event(result, origin_id, lsn, timeout, wait_if_disabled);
END;
$$;

-- NULL for a name means every logical slot, NULL for a position the present one. Spock sets no limit either; use
-- statement_timeout.
CREATE FUNCTION spock.wait_slot_confirm_lsn(slotname name, target pg_lsn) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    goal pg_lsn := coalesce(target, pg_current_wal_insert_lsn());
BEGIN
    LOOP
        EXIT WHEN (SELECT min(s.confirmed_flush_lsn)
                     FROM pg_replication_slots s
                    WHERE s.slot_type = 'logical' AND (slotname IS NULL OR s.slot_name = slotname)) >= goal;
        PERFORM pg_sleep(0.02);
    END LOOP;
END;
$$;
