-- Repair mode: what follows in the transaction stays on this node.

/*
 * Spock's output plugin drops the changes between two messages in the WAL. pgoutput knows no such message; but it reads the
 * publications as they were at each change, those that its own transaction has altered included. So the transaction empties
 * them (publish = '') for what follows, and puts them back at its very end, by a deferred trigger. No other transaction sees
 * it, and a rollback, to a savepoint too, takes it back. (A replication origin would stay with the session after a rollback,
 * and keep local what was not meant to be.)
 */
CREATE FUNCTION spock_standin.in_repair_mode() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT coalesce(current_setting('spock.replication_repair_mode', true), 'off') = 'on';
$$;

CREATE TABLE spock_standin.repair (began timestamptz NOT NULL);

-- The publications as the sets say, or empty.
CREATE FUNCTION spock_standin.publish(sending boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    s spock.replication_set;
BEGIN
    FOR s IN SELECT r.* FROM spock.replication_set r JOIN spock.local_node l ON l.node_id = r.set_nodeid LOOP
        EXECUTE format('ALTER PUBLICATION %I SET (publish = %L)', spock_standin.publication_of(s.set_name),
                       CASE WHEN sending THEN spock_standin.publish_option(s) ELSE '' END);
    END LOOP;
    IF EXISTS (SELECT FROM pg_publication p WHERE p.pubname = 'spock-queue') THEN
        EXECUTE format('ALTER PUBLICATION "spock-queue" SET (publish = %L)', CASE WHEN sending THEN 'insert' ELSE '' END);
    END IF;
END;
$$;

-- Two transactions must not alter the publications at once: the second waits for the first, but not for ever.
CREATE FUNCTION spock_standin.lock_publications() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET lock_timeout = '10s' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('spock_standin.publications'), 0);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'another transaction of this node has been in repair mode for ten seconds'
        USING ERRCODE = 'lock_not_available',
              HINT = 'With the stand-in for Spock they take turns. End the other one, then try again.';
END;
$$;

-- SECURITY DEFINER: whoever may use the schema may call it, as with Spock.
CREATE FUNCTION spock.repair_mode(enabled boolean) RETURNS pg_lsn
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF enabled AND NOT spock_standin.in_repair_mode() THEN
        PERFORM spock_standin.lock_publications();
        INSERT INTO spock_standin.repair VALUES (now());
        PERFORM spock_standin.publish(sending => false);
    ELSIF NOT enabled AND spock_standin.in_repair_mode() THEN
        PERFORM spock_standin.publish(sending => true);
    END IF;
    -- Outside a transaction block the deferred trigger ends it with this very statement.
    PERFORM set_config('spock.replication_repair_mode', CASE WHEN enabled THEN 'on' ELSE 'off' END, true);
    RETURN pg_logical_emit_message(true, 'spock', 'repair_mode');
END;
$$;

CREATE FUNCTION spock_standin.end_repair() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM spock_standin.repair;
    PERFORM spock_standin.publish(sending => true);
    PERFORM set_config('spock.replication_repair_mode', 'off', true);
    RETURN NULL;
END;
$$;
CREATE CONSTRAINT TRIGGER end_repair AFTER INSERT ON spock_standin.repair
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spock_standin.end_repair();
