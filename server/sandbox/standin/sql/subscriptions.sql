-- Subscriptions and their life. The row stands on the receiver; PostgreSQL's own subscription beside it does the work.

CREATE FUNCTION spock_standin.subscription_named(name name) RETURNS spock.subscription
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription;
BEGIN
    SELECT s.* INTO sub FROM spock.subscription s WHERE s.sub_name = name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'subscriber % not found', name USING ERRCODE = 'internal_error';
    END IF;
    RETURN sub;
END;
$$;

CREATE FUNCTION spock_standin.provider_dsn(sub spock.subscription) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT i.if_dsn FROM spock.node_interface i WHERE i.if_id = sub.sub_origin_if;
$$;

-- The publications a subscription reads: one per set, and the queue.
CREATE FUNCTION spock_standin.publications_of(sub spock.subscription) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT concat_ws(', ', '"spock-queue"', string_agg(DISTINCT quote_ident(spock_standin.publication_of(s)), ', '))
      FROM unnest(sub.sub_replication_sets) s;
$$;

-- Spock 6.0's rule: a subscription that forwards must be the only enabled one of its node.
CREATE FUNCTION spock_standin.check_forwarding(sub spock.subscription) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    other name;
BEGIN
    IF NOT sub.sub_enabled THEN
        RETURN;
    END IF;
    SELECT s.sub_name INTO other
      FROM spock.subscription s
     WHERE s.sub_enabled AND s.sub_id <> sub.sub_id
       AND (cardinality(sub.sub_forward_origins) > 0 OR cardinality(s.sub_forward_origins) > 0)
     LIMIT 1;
    IF other IS NULL THEN
        RETURN;
    ELSIF cardinality(sub.sub_forward_origins) > 0 THEN
        RAISE EXCEPTION 'cannot activate forwarding on subscription "%" while subscription "%" is enabled on this node',
            sub.sub_name, other
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('clear forward_origins on "%s", or disable "%s" first', sub.sub_name, other);
    END IF;
    RAISE EXCEPTION 'cannot enable subscription "%" while subscription "%" has forwarding active', sub.sub_name, other
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = format('clear forward_origins on "%s" (spock.sub_alter_options) before enabling "%s"',
                            other, sub.sub_name);
END;
$$;

-- Runs on the provider, called by a receiver: who am I, what would your slot be called, what is in my sets.
CREATE FUNCTION spock_standin.offer(receiver_database name, subscription name, sets text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    me record := spock.node_info();
BEGIN
    RETURN jsonb_build_object(
        'node_id', me.node_id, 'node_name', me.node_name, 'location', me.location, 'country', me.country, 'info', me.info,
        'slot_name', spock.spock_gen_slot_name(receiver_database, me.node_name::name, subscription),
        'tables', (SELECT jsonb_agg(DISTINCT format('%I.%I', n.nspname, c.relname))
                     FROM spock.replication_set s
                     JOIN spock.replication_set_table m ON m.set_id = s.set_id
                     JOIN pg_class c ON c.oid = m.set_reloid AND c.relkind = 'r'
                     JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE s.set_nodeid = me.node_id AND s.set_name = ANY (sets)));
END;
$$;

-- Runs on the provider: a greeting to one receiver, through the queue. When it has been applied, the subscription is known to
-- have begun. Only the greeting's WAL is needed, not its row.
CREATE FUNCTION spock_standin.greet(slot name) RETURNS void
LANGUAGE sql SET search_path = pg_catalog AS $$
    INSERT INTO spock.queue VALUES (now(), current_user, NULL, 'H', to_json(slot));
    DELETE FROM spock.queue q WHERE q.message_type = 'H';
$$;

CREATE FUNCTION spock_standin.ask_for_offer(dsn text, subscription name, sets text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RETURN spock_standin.ask(dsn, format('SELECT spock_standin.offer(%L, %L, %L) AS offer', current_database(),
                                         subscription, sets))->'offer';
EXCEPTION WHEN invalid_schema_name OR undefined_function THEN
    PERFORM spock_standin.refuse('subscribe to a provider that does not run the same stand-in',
                                 'Create the extension and the node on the provider first.');
END;
$$;

-- A slot of that name that nobody uses is left over from an earlier attempt, and is made anew, as Spock does. The slot is
-- made by a statement of its own, as PostgreSQL may fail to make one inside a function.
CREATE FUNCTION spock_standin.make_remote_slot(dsn text, slot name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    existing jsonb := spock_standin.ask(dsn, format(
        'SELECT active, CASE WHEN NOT active THEN pg_drop_replication_slot(slot_name) END '
        'FROM pg_replication_slots WHERE slot_name = %L', slot));
BEGIN
    IF (existing->>'active')::boolean THEN
        RAISE EXCEPTION 'replication slot "%" exists on the provider and is in use', slot
            USING ERRCODE = 'object_in_use',
                  HINT = 'Another node has a subscription of this name to the same provider. Choose another name.';
    END IF;
    BEGIN
        PERFORM spock_standin.ask(dsn, format(
            'SELECT lsn FROM pg_create_logical_replication_slot(%L, ''pgoutput'')', slot), patience_ms => 10000);
    EXCEPTION WHEN query_canceled THEN
        RAISE EXCEPTION 'could not create replication slot "%" on the provider within 10 seconds', slot
            USING ERRCODE = 'lock_not_available',
                  HINT = 'A transaction there has written and does not end. Look for it in its pg_stat_activity.';
    END;
    PERFORM spock_standin.ask(dsn, format('SELECT spock_standin.greet(%L)', slot));
END;
$$;

-- Takes a slot off the provider, together with a sender that has not noticed yet that its receiver is gone.
CREATE FUNCTION spock_standin.drop_remote_slot(dsn text, slot name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM spock_standin.ask(dsn, format(
        'SELECT CASE WHEN active_pid IS NULL OR pg_terminate_backend(active_pid, 3000) '
        'THEN pg_drop_replication_slot(slot_name) END FROM pg_replication_slots WHERE slot_name = %L', slot));
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'could not drop slot "%" on provider, you will probably have to drop it manually', slot
        USING DETAIL = SQLERRM;
END;
$$;

-- connect = false keeps CREATE SUBSCRIPTION inside our transaction and away from the provider; PostgreSQL warns that such a
-- subscription is idle, which the caller is about to change.
CREATE FUNCTION spock_standin.create_native(sub spock.subscription, dsn text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog SET client_min_messages = error SET log_min_messages = error AS $$
BEGIN
    -- streaming = off: changes are applied at commit, as Spock does. run_as_owner: queued DDL may SET ROLE.
    EXECUTE format('CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION %s WITH '
                   '(connect = false, slot_name = %L, origin = %s, streaming = off, run_as_owner = true)',
                   sub.sub_slot_name, dsn, spock_standin.publications_of(sub), sub.sub_slot_name,
                   CASE WHEN cardinality(sub.sub_forward_origins) > 0 THEN 'any' ELSE 'none' END);
    IF sub.sub_enabled THEN
        EXECUTE format('ALTER SUBSCRIPTION %I ENABLE', sub.sub_slot_name);
    END IF;
END;
$$;

/*
 * Creating a slot waits for every transaction of the provider that has written, so a node that wrote before it asked for
 * its slot could wait for another that does the same, for ever. Hence the order: first the provider, with nothing
 * written here; then what is written here, asking nobody.
 */
CREATE FUNCTION spock.sub_create(subscription_name name, provider_dsn text,
    replication_sets text[] DEFAULT '{default,default_insert_only,ddl_sql}', synchronize_structure boolean DEFAULT false,
    synchronize_data boolean DEFAULT false, forward_origins text[] DEFAULT '{}', apply_delay interval DEFAULT '0',
    force_text_transfer boolean DEFAULT false, enabled boolean DEFAULT true, skip_schema text[] DEFAULT '{}') RETURNS oid
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
#variable_conflict use_variable
DECLARE
    me oid := spock_standin.local_node_id();
    sub spock.subscription;
    offer jsonb;
BEGIN
    IF synchronize_structure THEN
        PERFORM spock_standin.refuse('synchronize structure',
            'Create the same schema on every node first, then subscribe with synchronize_structure := false.');
    ELSIF apply_delay <> '0' THEN
        PERFORM spock_standin.refuse('delay apply');
    ELSIF synchronize_data AND NOT enabled THEN
        RAISE EXCEPTION 'subscription "%" in disabled state is not allowed to synchronize structure or data',
            subscription_name USING ERRCODE = 'invalid_parameter_value';
    ELSIF subscription_name = '' THEN
        RAISE EXCEPTION 'subscription name "%" is too short', subscription_name USING ERRCODE = 'invalid_name';
    ELSIF subscription_name !~ '^[a-z0-9_]+$' THEN
        RAISE EXCEPTION 'subscription name "%" contains invalid character', subscription_name
            USING ERRCODE = 'invalid_name',
                  HINT = 'Subscription names may only contain lower case letters, numbers, and the underscore character.';
    ELSIF EXISTS (SELECT FROM spock.subscription s WHERE s.sub_name = subscription_name) THEN
        RAISE EXCEPTION 'subscription % already exists', subscription_name USING ERRCODE = 'internal_error';
    END IF;
    sub.sub_id := 0;
    sub.sub_name := subscription_name;
    sub.sub_enabled := enabled;
    sub.sub_forward_origins := nullif(forward_origins, '{}');
    PERFORM spock_standin.check_forwarding(sub);

    -- Spock tries the node's own DSN too, since the peers will be told of it.
    PERFORM spock_standin.ask(i.if_dsn, 'SELECT 1')
       FROM spock.local_node l JOIN spock.node_interface i ON i.if_id = l.node_local_interface;
    offer := spock_standin.ask_for_offer(provider_dsn, subscription_name, replication_sets);
    IF (offer->>'node_id')::oid = me THEN
        RAISE EXCEPTION 'provider_dsn leads to this node itself' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF enabled THEN
        PERFORM spock_standin.make_remote_slot(provider_dsn, (offer->>'slot_name')::name);
    END IF;

    BEGIN
        PERFORM spock_standin.lock_known_tables(shared => false);
        PERFORM spock_standin.check_forwarding(sub);
        sub.sub_id := nextval('spock.sub_id_generator');
        sub.sub_origin := offer->>'node_id';
        sub.sub_target := me;
        sub.sub_origin_if := spock_standin.learn_provider(offer, provider_dsn);
        sub.sub_target_if := (SELECT l.node_local_interface FROM spock.local_node l);
        sub.sub_slot_name := offer->>'slot_name';
        sub.sub_replication_sets := nullif(replication_sets, '{}');
        sub.sub_apply_delay := '0';
        sub.sub_force_text_transfer := force_text_transfer;
        sub.sub_skip_lsn := '0/0';
        sub.sub_skip_schema := nullif(skip_schema, '{}');
        sub.sub_created_at := now();
        PERFORM spock_standin.warn_of_overlap(sub);
        INSERT INTO spock.subscription SELECT sub.*;
        PERFORM spock_standin.create_native(sub, provider_dsn);
        PERFORM spock_standin.begin_sync(sub, synchronize_data,
                                         ARRAY(SELECT jsonb_array_elements_text(nullif(offer->'tables', 'null'))));
    EXCEPTION WHEN OTHERS OR query_canceled THEN
        IF enabled THEN
            PERFORM spock_standin.drop_remote_slot(provider_dsn, (offer->>'slot_name')::name);
        END IF;
        RAISE;
    END;
    RETURN sub.sub_id;
END;
$$;

-- The provider's node and interface rows; made with the first subscription to it.
CREATE FUNCTION spock_standin.learn_provider(offer jsonb, dsn text) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    known spock.node_interface;
BEGIN
    SELECT i.* INTO known
      FROM spock.node n
      JOIN spock.node_interface i ON i.if_nodeid = n.node_id AND i.if_name = n.node_name
     WHERE n.node_name = offer->>'node_name';
    IF NOT FOUND THEN
        RETURN spock_standin.insert_node((offer->>'node_id')::oid, (offer->>'node_name')::name, dsn, offer->>'location',
                                         offer->>'country', nullif(offer->'info', 'null'));
    ELSIF known.if_dsn <> dsn THEN
        RAISE EXCEPTION 'dsn "%" points to existing node "%" with different dsn "%"', dsn, offer->>'node_name', known.if_dsn
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN known.if_id;
END;
$$;

CREATE FUNCTION spock_standin.warn_of_overlap(sub spock.subscription) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    overlap record;
BEGIN
    FOR overlap IN
        SELECT s.sub_name, n.node_name, shared
          FROM spock.subscription s
          JOIN spock.node n ON n.node_id = s.sub_origin,
               unnest(s.sub_replication_sets) shared
         WHERE s.sub_origin = sub.sub_origin AND shared = ANY (sub.sub_replication_sets)
    LOOP
        RAISE WARNING 'existing subscription "%" to node "%" already subscribes to replication set "%"',
            overlap.sub_name, overlap.node_name, overlap.shared;
    END LOOP;
END;
$$;

/*
 * Ends copies that are under way. DROP SUBSCRIPTION would take their slots off the provider itself, by a connection that knows
 * no time-out, and would wait for a sender that makes its slot and waits for somebody's transaction. The lock on the
 * subscription keeps new workers from starting before this transaction has ended.
 */
CREATE FUNCTION spock_standin.end_copies(sub spock.subscription, dsn text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    native oid := spock_standin.native_subscription(sub.sub_slot_name);
    copied oid[] := ARRAY(SELECT r.srrelid FROM pg_subscription_rel r WHERE r.srsubid = native AND r.srsubstate <> 'r');
    slots text := format('pg_%s_sync_%%_%s', native, (SELECT c.system_identifier FROM pg_control_system() c));
BEGIN
    IF copied = '{}' THEN
        RETURN;
    END IF;
    PERFORM pg_terminate_backend(w.pid, 10000)
       FROM pg_stat_subscription w
      WHERE w.subid = native AND w.pid IS NOT NULL;
    DELETE FROM pg_subscription_rel r WHERE r.srsubid = native AND r.srrelid = ANY (copied);
    PERFORM pg_replication_origin_drop(o.roname)
       FROM pg_replication_origin o
      WHERE o.roname IN (SELECT format('pg_%s_%s', native, c) FROM unnest(copied) c);
    BEGIN
        PERFORM spock_standin.ask(dsn, format(
            'SELECT count(*) FROM (SELECT pg_terminate_backend(a.pid, 3000) FROM pg_stat_activity a '
            'WHERE a.backend_type = ''walsender'' AND a.application_name LIKE %L) ended', slots));
        PERFORM spock_standin.ask(dsn, format(
            'SELECT count(*) FROM (SELECT pg_drop_replication_slot(s.slot_name) FROM pg_replication_slots s '
            'WHERE s.slot_name LIKE %L) dropped', slots));
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'could not drop slots of copies on provider, you will probably have to drop them manually'
            USING DETAIL = SQLERRM;
    END;
END;
$$;

CREATE FUNCTION spock.sub_drop(subscription_name name, ifexists boolean DEFAULT false) RETURNS oid
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription;
    dsn text;
BEGIN
    IF ifexists AND NOT EXISTS (SELECT FROM spock.subscription s WHERE s.sub_name = subscription_name) THEN
        RETURN 0;
    END IF;
    sub := spock_standin.subscription_named(subscription_name);
    dsn := spock_standin.provider_dsn(sub);

    IF spock_standin.native_subscription(sub.sub_slot_name) IS NOT NULL THEN
        -- Without a slot the drop needs no provider and may run in a transaction. It stops the workers at once.
        EXECUTE format('ALTER SUBSCRIPTION %I DISABLE', sub.sub_slot_name);
        EXECUTE format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', sub.sub_slot_name);
        PERFORM spock_standin.end_copies(sub, dsn);
        EXECUTE format('DROP SUBSCRIPTION %I', sub.sub_slot_name);
    END IF;
    DELETE FROM spock_standin.sync WHERE sync.sub_id = sub.sub_id;
    DELETE FROM spock.subscription s WHERE s.sub_id = sub.sub_id;
    IF NOT EXISTS (SELECT FROM spock.subscription s WHERE s.sub_origin = sub.sub_origin) THEN
        DELETE FROM spock.node_interface i WHERE i.if_nodeid = sub.sub_origin;
        DELETE FROM spock.node n WHERE n.node_id = sub.sub_origin;
    END IF;
    -- As in Spock, the slot goes for good even if this transaction is rolled back.
    PERFORM spock_standin.drop_remote_slot(dsn, sub.sub_slot_name);
    -- Spock too returns its boolean as an oid.
    RETURN 1;
END;
$$;
