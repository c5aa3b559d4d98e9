-- Nodes and their interfaces.

-- An origin for changes that must not leave this node (see sync.sql); one per database, since origins belong to the server.
CREATE FUNCTION spock_standin.quiet_origin() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT 'spock_standin_' || d.oid FROM pg_database d WHERE d.datname = current_database();
$$;

CREATE FUNCTION spock_standin.insert_node(id oid, name name, dsn text, location text DEFAULT NULL,
    country text DEFAULT NULL, info jsonb DEFAULT NULL) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    namesake name;
    interface oid := spock_standin.owned_id(id, name);
BEGIN
    SELECT n.node_name INTO namesake FROM spock.node n WHERE n.node_id = id OR n.node_name = name;
    IF namesake = name THEN
        RAISE EXCEPTION 'node % already exists', name USING ERRCODE = 'internal_error';
    ELSIF namesake IS NOT NULL THEN
        RAISE EXCEPTION 'node id % (computed from name "%") collides with existing node "%"; rename this node to resolve the collision',
            id, name, namesake USING ERRCODE = 'internal_error';
    END IF;
    INSERT INTO spock.node VALUES (id, name, location, country, info);
    INSERT INTO spock.node_interface VALUES (interface, name, id, dsn);
    RETURN interface;
END;
$$;

CREATE FUNCTION spock.node_create(node_name name, dsn text, location text DEFAULT NULL, country text DEFAULT NULL,
    info jsonb DEFAULT NULL) RETURNS oid
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    id oid := (spock_standin.hash_of(node_name) & 65535)::oid;
    interface oid;
BEGIN
    IF node_name IS NULL OR dsn IS NULL THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM spock.local_node) THEN
        RAISE EXCEPTION 'current database is already configured as spock node' USING ERRCODE = 'internal_error';
    END IF;
    interface := spock_standin.insert_node(id, node_name, dsn, location, country, info);
    INSERT INTO spock.local_node VALUES (id, interface);

    PERFORM spock.repset_create('default');
    PERFORM spock.repset_create('default_insert_only', true, false, false, true);
    PERFORM spock.repset_create('ddl_sql', true, false, false, false);
    CREATE PUBLICATION "spock-queue" FOR TABLE spock.queue WITH (publish = 'insert');
    PERFORM pg_replication_origin_create(spock_standin.quiet_origin());
    RETURN id;
END;
$$;

CREATE FUNCTION spock.node_drop(node_name name, ifexists boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
#variable_conflict use_variable
DECLARE
    id oid := (SELECT n.node_id FROM spock.node n WHERE n.node_name = node_drop.node_name);
    set_name name;
BEGIN
    IF id IS NULL THEN
        IF ifexists THEN
            RETURN false;
        END IF;
        RAISE EXCEPTION 'node % not found', node_name USING ERRCODE = 'internal_error';
    END IF;
    IF EXISTS (SELECT FROM spock.subscription s WHERE id IN (s.sub_origin, s.sub_target)) THEN
        RAISE EXCEPTION 'cannot drop node "%" because it still has subscriptions associated with it', node_name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'drop the subscriptions first';
    END IF;

    IF EXISTS (SELECT FROM spock.local_node l WHERE l.node_id = id) THEN
        BEGIN
            PERFORM pg_drop_replication_slot(s.slot_name)
               FROM pg_replication_slots s
              WHERE s.plugin = 'pgoutput' AND s.database = current_database() AND s.slot_name ~ '^spk_';
        EXCEPTION WHEN object_in_use THEN
            RAISE EXCEPTION 'cannot drop node "%" because one or more replication slots for the node are still active',
                node_name
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'drop the subscriptions connected to the node first';
        END;
        FOR set_name IN SELECT s.set_name FROM spock.replication_set s WHERE s.set_nodeid = id LOOP
            PERFORM spock.repset_drop(set_name);
        END LOOP;
        DROP PUBLICATION IF EXISTS "spock-queue";
        PERFORM pg_replication_origin_drop(o.roname)
           FROM pg_replication_origin o
          WHERE o.roname = spock_standin.quiet_origin();
        DELETE FROM spock.local_node;
    END IF;
    DELETE FROM spock.node_interface i WHERE i.if_nodeid = id;
    DELETE FROM spock.node n WHERE n.node_id = id;
    RETURN true;
END;
$$;

CREATE FUNCTION spock_standin.node_id_of(name name) RETURNS oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    id oid := (SELECT n.node_id FROM spock.node n WHERE n.node_name = name);
BEGIN
    IF id IS NULL THEN
        RAISE EXCEPTION 'node % not found', name USING ERRCODE = 'internal_error';
    END IF;
    RETURN id;
END;
$$;

CREATE FUNCTION spock.node_add_interface(node_name name, interface_name name, dsn text) RETURNS oid
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    node oid := spock_standin.node_id_of(node_name);
    interface oid := spock_standin.owned_id(node, interface_name);
BEGIN
    IF EXISTS (SELECT FROM spock.node_interface i WHERE i.if_nodeid = node AND i.if_name = interface_name) THEN
        RAISE EXCEPTION 'node "%" already has interface named "%"', node_name, interface_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO spock.node_interface VALUES (interface, interface_name, node, dsn);
    RETURN interface;
END;
$$;

CREATE FUNCTION spock.node_drop_interface(node_name name, interface_name name) RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    node oid := spock_standin.node_id_of(node_name);
    interface oid := (SELECT i.if_id FROM spock.node_interface i
                       WHERE i.if_nodeid = node AND i.if_name = interface_name);
    user_of_it name := (SELECT s.sub_name FROM spock.subscription s WHERE s.sub_origin_if = interface LIMIT 1);
BEGIN
    IF interface IS NULL THEN
        RAISE EXCEPTION 'interface "%" for node "%" not found', interface_name, node_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF user_of_it IS NOT NULL THEN
        RAISE EXCEPTION 'cannot drop interface "%" for node "%" because subscription "%" is using it',
            interface_name, node_name, user_of_it
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'change the subscription interface first';
    END IF;
    DELETE FROM spock.node_interface i WHERE i.if_id = interface;
    RETURN true;
END;
$$;

CREATE FUNCTION spock.node_info(OUT node_id oid, OUT node_name text, OUT sysid text, OUT dbname text,
    OUT replication_sets text, OUT location text, OUT country text, OUT info jsonb) RETURNS record
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    SELECT n.node_id, n.node_name, n.location, n.country, n.info
      INTO node_id, node_name, location, country, info
      FROM spock.node n
      JOIN spock.local_node l ON l.node_id = n.node_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'local spock node not found' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    sysid := (SELECT c.system_identifier FROM pg_control_system() c);
    dbname := current_database();
    replication_sets := (SELECT string_agg(quote_ident(s.set_name), ',')
                           FROM spock.replication_set s
                           JOIN spock.local_node l ON l.node_id = s.set_nodeid);
END;
$$;
