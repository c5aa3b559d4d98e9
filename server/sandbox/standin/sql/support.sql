-- What the other files share: refusals, names and ids, questions to another server.

CREATE SCHEMA spock_standin;
GRANT USAGE ON SCHEMA spock_standin TO PUBLIC;

-- dblink's own function, bound here so that a plain CREATE EXTENSION spock is enough, as it is with the real one.
CREATE FUNCTION spock_standin.dblink(text, text) RETURNS SETOF record
    AS '$libdir/dblink', 'dblink_record' LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED;
REVOKE ALL ON FUNCTION spock_standin.dblink(text, text) FROM PUBLIC;

CREATE FUNCTION spock_standin.refuse(feature text, hint text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'feature_not_supported',
        MESSAGE = format('the stand-in for Spock cannot %s', feature),
        DETAIL = 'This server runs plain PostgreSQL with a stand-in for the Spock extension, not Spock itself.',
        HINT = coalesce(hint, 'Use a PostgreSQL that has the real Spock.');
END;
$$;

-- A DSN that gives up on a silent host; what the DSN itself says of connect_timeout stands.
CREATE FUNCTION spock_standin.with_connect_timeout(dsn text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT CASE
        WHEN dsn ~ 'connect_timeout' THEN dsn
        WHEN dsn ~ '^postgres(ql)?://' THEN dsn || CASE WHEN dsn ~ '\?' THEN '&' ELSE '?' END || 'connect_timeout=10'
        ELSE 'connect_timeout=10 ' || dsn
    END;
$$;

-- The one row of a query on another server, as jsonb. The connection is closed whatever happens.
CREATE FUNCTION spock_standin.ask(dsn text, query text, patience_ms integer DEFAULT 10000) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    answer jsonb;
    reason text;
BEGIN
    SELECT a.answer INTO answer
      FROM spock_standin.dblink(
               spock_standin.with_connect_timeout(dsn),
               format('SET statement_timeout = %s; SELECT to_jsonb(q) FROM (%s) q', patience_ms, query)
           ) AS a (answer jsonb);
    RETURN answer;
EXCEPTION WHEN sqlclient_unable_to_establish_sqlconnection THEN
    GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
    -- Spock adds the DSN, password and all; this does not.
    RAISE EXCEPTION 'could not connect to the postgresql server: %', reason USING ERRCODE = 'internal_error';
END;
$$;

-- hash_any(name), which is how Spock makes ids out of names.
CREATE FUNCTION spock_standin.hash_of(value text) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT hashbytea(convert_to(value, getdatabaseencoding()));
$$;

-- The id of a thing that belongs to a node: the hash of the node's id and the hash of the thing's name.
CREATE FUNCTION spock_standin.owned_id(node_id oid, name text) RETURNS oid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT (hashbytea(reverse(int4send(node_id::integer)) || reverse(int4send(spock_standin.hash_of(name))))::bigint
            & 4294967295)::oid;
$$;

-- Spock keeps 16 bytes of each part of a slot's name; of a longer part, 8 bytes and 7 digits of its hash.
CREATE FUNCTION spock_standin.slot_name_part(value text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT regexp_replace(regexp_replace(encode(kept, 'escape'), '\\\\|\\[0-7]{3}', '_', 'g'), '[^a-z0-9_]', '_', 'g')
           || CASE WHEN whole THEN '' ELSE left(lpad(to_hex(spock_standin.hash_of(value)), 8, '0'), 7) END
      FROM (SELECT CASE WHEN octet_length(bytes) <= 16 THEN bytes ELSE substr(bytes, 1, 8) END AS kept,
                   octet_length(bytes) <= 16 AS whole
              FROM convert_to(value, getdatabaseencoding()) AS bytes) AS part;
$$;

CREATE FUNCTION spock.spock_gen_slot_name(dbname name, provider_node name, subscription name) RETURNS name
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT format('spk_%s_%s_%s', spock_standin.slot_name_part(dbname), spock_standin.slot_name_part(provider_node),
                  spock_standin.slot_name_part(subscription))::name;
$$;

-- The publication that is a replication set on its provider; found from the set's name alone, on any node.
CREATE FUNCTION spock_standin.publication_of(set_name text) RETURNS name
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT CASE WHEN octet_length('spock_' || set_name) < 64 THEN 'spock_' || set_name
                ELSE 'spock_' || md5(set_name) END::name;
$$;

CREATE FUNCTION spock_standin.local_node_id() RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    id oid := (SELECT l.node_id FROM spock.local_node l);
BEGIN
    IF id IS NULL THEN
        RAISE EXCEPTION 'current database is not configured as spock node'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'create spock node first';
    END IF;
    RETURN id;
END;
$$;

-- PostgreSQL's subscription behind one of Spock's; it bears the slot's name.
CREATE FUNCTION spock_standin.native_subscription(slot_name name) RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT s.oid
      FROM pg_subscription s
     WHERE s.subname = slot_name
       AND s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
$$;

CREATE FUNCTION spock_standin.quoted_list(names text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT string_agg(quote_ident(name), ', ' ORDER BY position)
      FROM unnest(names) WITH ORDINALITY AS n (name, position);
$$;

CREATE FUNCTION spock.spock_version() RETURNS text
LANGUAGE sql AS $$ SELECT '6.0.0-standin'; $$;

CREATE FUNCTION spock.spock_version_num() RETURNS integer
LANGUAGE sql AS $$ SELECT 60000; $$;

-- NULL: the stand-in speaks PostgreSQL's protocol, no version of Spock's.
CREATE FUNCTION spock.spock_max_proto_version() RETURNS integer
LANGUAGE sql AS $$ SELECT NULL::integer; $$;

CREATE FUNCTION spock.spock_min_proto_version() RETURNS integer
LANGUAGE sql AS $$ SELECT NULL::integer; $$;

CREATE FUNCTION spock.get_country() RETURNS text
LANGUAGE sql AS $$ SELECT pg_catalog.current_setting('spock.country', true); $$;
