-- Replication sets: Spock's catalog of them, and the publications that make them work. Everything here is an ordinary
-- local transaction; the receivers see a change with the first commit behind it.

CREATE FUNCTION spock_standin.publish_option(s spock.replication_set) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    SELECT concat_ws(', ', CASE WHEN s.replicate_insert THEN 'insert' END, CASE WHEN s.replicate_update THEN 'update' END,
                     CASE WHEN s.replicate_delete THEN 'delete' END, CASE WHEN s.replicate_truncate THEN 'truncate' END);
$$;

CREATE FUNCTION spock_standin.replication_set_named(set_name name) RETURNS spock.replication_set
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    found_set spock.replication_set;
BEGIN
    IF set_name IS NULL THEN
        RAISE EXCEPTION 'set_name cannot be NULL' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT s.* INTO found_set
      FROM spock.replication_set s
     WHERE s.set_nodeid = spock_standin.local_node_id() AND s.set_name = replication_set_named.set_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'replication set % not found', set_name USING ERRCODE = 'internal_error';
    END IF;
    RETURN found_set;
END;
$$;

-- The index by which receivers find a row, as Spock sees it: neither REPLICA IDENTITY FULL nor NOTHING gives one.
CREATE FUNCTION spock_standin.identity_index(relation regclass) RETURNS oid
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT i.indexrelid
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid
     WHERE i.indrelid = relation AND i.indisvalid
       AND CASE c.relreplident WHEN 'd' THEN i.indisprimary AND i.indimmediate WHEN 'i' THEN i.indisreplident END;
$$;

CREATE FUNCTION spock_standin.identity_columns(relation regclass) RETURNS smallint[]
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT coalesce(array_agg(a.attnum), '{}')
      FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indexrelid = spock_standin.identity_index(relation);
$$;

CREATE FUNCTION spock.repset_create(set_name name, replicate_insert boolean DEFAULT true,
    replicate_update boolean DEFAULT true, replicate_delete boolean DEFAULT true,
    replicate_truncate boolean DEFAULT true) RETURNS oid
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
#variable_conflict use_variable
DECLARE
    node oid := spock_standin.local_node_id();
    created spock.replication_set := (spock_standin.owned_id(node, set_name), node, set_name, replicate_insert,
                                      replicate_update, replicate_delete, replicate_truncate);
BEGIN
    IF set_name = '' THEN
        RAISE EXCEPTION 'replication set name cannot be empty' USING ERRCODE = 'invalid_name';
    END IF;
    IF EXISTS (SELECT FROM spock.replication_set s WHERE s.set_nodeid = node AND s.set_name = created.set_name) THEN
        RAISE EXCEPTION 'replication set % already exists', set_name USING ERRCODE = 'internal_error';
    END IF;
    INSERT INTO spock.replication_set SELECT created.*;
    EXECUTE format('CREATE PUBLICATION %I WITH (publish = %L)', spock_standin.publication_of(set_name),
                   CASE WHEN spock_standin.in_repair_mode() THEN '' ELSE spock_standin.publish_option(created) END);
    RETURN created.set_id;
END;
$$;

CREATE FUNCTION spock.repset_alter(set_name name, replicate_insert boolean DEFAULT NULL,
    replicate_update boolean DEFAULT NULL, replicate_delete boolean DEFAULT NULL,
    replicate_truncate boolean DEFAULT NULL) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    altered spock.replication_set := spock_standin.replication_set_named(set_name);
    member regclass;
BEGIN
    altered.replicate_insert := coalesce(replicate_insert, altered.replicate_insert);
    altered.replicate_update := coalesce(replicate_update, altered.replicate_update);
    altered.replicate_delete := coalesce(replicate_delete, altered.replicate_delete);
    altered.replicate_truncate := coalesce(replicate_truncate, altered.replicate_truncate);

    IF altered.replicate_update OR altered.replicate_delete THEN
        FOR member IN
            SELECT m.set_reloid
              FROM spock.replication_set_table m
              JOIN pg_class c ON c.oid = m.set_reloid AND c.relkind = 'r'
             WHERE m.set_id = altered.set_id
        LOOP
            IF spock_standin.identity_index(member) IS NULL THEN
                RAISE EXCEPTION 'replication set % cannot be altered to replicate UPDATEs or DELETEs because it contains tables without PRIMARY KEY',
                    set_name USING ERRCODE = 'invalid_parameter_value';
            END IF;
        END LOOP;
    END IF;

    PERFORM spock_standin.lock_publications();
    UPDATE spock.replication_set s
       SET (replicate_insert, replicate_update, replicate_delete, replicate_truncate)
         = (altered.replicate_insert, altered.replicate_update, altered.replicate_delete, altered.replicate_truncate)
     WHERE s.set_id = altered.set_id;
    EXECUTE format('ALTER PUBLICATION %I SET (publish = %L)', spock_standin.publication_of(set_name),
                   CASE WHEN spock_standin.in_repair_mode() THEN '' ELSE spock_standin.publish_option(altered) END);
    PERFORM spock_standin.keep_row_filter(altered, m.set_reloid, pg_get_expr(m.set_row_filter, m.set_reloid))
       FROM spock.replication_set_table m
      WHERE m.set_id = altered.set_id;
    RETURN altered.set_id;
END;
$$;

CREATE FUNCTION spock.repset_drop(set_name name, ifexists boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    node oid := spock_standin.local_node_id();
    id oid := (SELECT s.set_id FROM spock.replication_set s
                WHERE s.set_nodeid = node AND s.set_name = repset_drop.set_name);
BEGIN
    IF id IS NULL AND ifexists THEN
        RETURN false;
    ELSIF id IS NULL THEN
        RAISE EXCEPTION 'replication set % not found', set_name USING ERRCODE = 'internal_error';
    END IF;
    DELETE FROM spock.replication_set_table m WHERE m.set_id = id;
    DELETE FROM spock.replication_set s WHERE s.set_id = id;
    EXECUTE format('DROP PUBLICATION IF EXISTS %I', spock_standin.publication_of(set_name));
    RETURN true;
END;
$$;
