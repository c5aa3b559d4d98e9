-- Changes of a subscription that stands. PostgreSQL restarts the worker when it must.

-- With or without immediate, the worker starts or stops when this transaction commits.
CREATE FUNCTION spock.sub_enable(subscription_name name, immediate boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    sub.sub_enabled := true;
    PERFORM spock_standin.check_forwarding(sub);
    UPDATE spock.subscription s SET sub_enabled = true WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I ENABLE', sub.sub_slot_name);
    RETURN true;
END;
$$;

CREATE FUNCTION spock.sub_disable(subscription_name name, immediate boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    UPDATE spock.subscription s SET sub_enabled = false WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I DISABLE', sub.sub_slot_name);
    RETURN true;
END;
$$;

-- The tables need no refresh (see the top).
CREATE FUNCTION spock_standin.set_replication_sets(sub spock.subscription, sets text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    sub.sub_replication_sets := nullif(sets, '{}');
    UPDATE spock.subscription s SET sub_replication_sets = sub.sub_replication_sets WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I SET PUBLICATION %s WITH (refresh = false)', sub.sub_slot_name,
                   spock_standin.publications_of(sub));
END;
$$;

CREATE FUNCTION spock.sub_add_repset(subscription_name name, replication_set name) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    IF replication_set = ANY (sub.sub_replication_sets) THEN
        RETURN false;
    END IF;
    PERFORM spock_standin.set_replication_sets(sub, array_append(sub.sub_replication_sets, replication_set::text));
    RETURN true;
END;
$$;

CREATE FUNCTION spock.sub_remove_repset(subscription_name name, replication_set name) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    IF replication_set = ANY (sub.sub_replication_sets) THEN
        PERFORM spock_standin.set_replication_sets(sub, array_remove(sub.sub_replication_sets, replication_set::text));
        RETURN true;
    END IF;
    RETURN false;
END;
$$;

CREATE FUNCTION spock.sub_alter_interface(subscription_name name, interface_name name) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
    chosen spock.node_interface;
BEGIN
    SELECT i.* INTO chosen
      FROM spock.node_interface i
     WHERE i.if_nodeid = sub.sub_origin AND i.if_name = interface_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'node interface "%" not found for node %', interface_name, sub.sub_origin
            USING ERRCODE = 'internal_error';
    ELSIF chosen.if_id = sub.sub_origin_if THEN
        RETURN false;
    END IF;
    UPDATE spock.subscription s SET sub_origin_if = chosen.if_id WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I CONNECTION %L', sub.sub_slot_name, chosen.if_dsn);
    RETURN true;
END;
$$;

CREATE FUNCTION spock.sub_alter_options(subscription_name name, options jsonb) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
    option record;
    value_list text[];
BEGIN
    IF jsonb_typeof(options) <> 'object' THEN
        RAISE EXCEPTION 'subscription options must be a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR option IN SELECT o.key, o.value FROM jsonb_each(options) o LOOP
        IF option.key = 'apply_delay' THEN
            IF jsonb_typeof(option.value) <> 'string' THEN
                RAISE EXCEPTION 'option "apply_delay" must be a string' USING ERRCODE = 'invalid_parameter_value';
            ELSIF (option.value #>> '{}')::interval <> '0' THEN
                PERFORM spock_standin.refuse('delay apply');
            END IF;
            CONTINUE;
        ELSIF option.key NOT IN ('forward_origins', 'skip_schema') THEN
            RAISE EXCEPTION 'unrecognized subscription option "%"', option.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Valid options are: "forward_origins", "apply_delay", "skip_schema".';
        ELSIF jsonb_typeof(option.value) <> 'array' THEN
            RAISE EXCEPTION 'option "%" must be a JSON array of strings', option.key
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        value_list := nullif(ARRAY(SELECT jsonb_array_elements_text(option.value)), '{}');
        IF option.key = 'skip_schema' THEN
            sub.sub_skip_schema := value_list;
        ELSIF value_list <> '{all}' THEN
            RAISE EXCEPTION 'invalid value "%" for option "forward_origins"', array_to_string(array_remove(value_list, 'all'), ', ')
                USING ERRCODE = 'invalid_parameter_value', HINT = 'The only supported value is "all".';
        ELSE
            sub.sub_forward_origins := value_list;
            PERFORM spock_standin.check_forwarding(sub);
        END IF;
    END LOOP;
    UPDATE spock.subscription s
       SET (sub_forward_origins, sub_skip_schema) = (sub.sub_forward_origins, sub.sub_skip_schema)
     WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I SET (origin = %s)', sub.sub_slot_name,
                   CASE WHEN sub.sub_forward_origins IS NULL THEN 'none' ELSE 'any' END);
    RETURN options <> '{}';
END;
$$;

-- The position is the one PostgreSQL's log gives as that at which the failed transaction "finished"; 0/0 takes it back.
CREATE FUNCTION spock.sub_alter_skiplsn(subscription_name name, lsn pg_lsn) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    sub spock.subscription := spock_standin.subscription_named(subscription_name);
BEGIN
    UPDATE spock.subscription s SET sub_skip_lsn = lsn WHERE s.sub_id = sub.sub_id;
    EXECUTE format('ALTER SUBSCRIPTION %I SKIP (lsn = %s)', sub.sub_slot_name,
                   CASE lsn WHEN '0/0' THEN 'NONE' ELSE quote_literal(lsn) END);
    RETURN true;
END;
$$;
