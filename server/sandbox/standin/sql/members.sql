-- Members of replication sets: tables, with their column lists and row filters.

-- Keeps a member's row filter, and refuses one that PostgreSQL cannot honour: it evaluates filters on the old row too, and
-- would fail the *user's* UPDATE or DELETE of a table whose filter reads a column outside the replica identity.
-- A pg_node_tree cannot be made in SQL, only copied from where PostgreSQL has put one, so a publication that lives for as
-- long as this takes does the parsing.
CREATE FUNCTION spock_standin.keep_row_filter(s spock.replication_set, relation regclass, row_filter text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    parsed record;
    outside text;
BEGIN
    IF row_filter IS NULL THEN
        RETURN;
    END IF;
    CREATE PUBLICATION "spock-parse" WITH (publish_via_partition_root = true);
    EXECUTE format('ALTER PUBLICATION "spock-parse" ADD TABLE ONLY %s WHERE (%s)', relation, row_filter);
    BEGIN
        SELECT pr.oid, pr.prrelid, pr.prqual INTO STRICT parsed
          FROM pg_publication_rel pr
          JOIN pg_publication p ON p.oid = pr.prpubid
         WHERE p.pubname = 'spock-parse';
    EXCEPTION WHEN too_many_rows THEN
        RAISE EXCEPTION 'invalid row_filter expression "%"', row_filter USING ERRCODE = 'syntax_error';
    END;

    UPDATE spock.replication_set_table m
       SET set_row_filter = parsed.prqual
     WHERE m.set_id = s.set_id AND m.set_reloid = relation;
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO outside
      FROM pg_depend d
      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_publication_rel'::regclass AND d.objid = parsed.oid
       AND d.refobjid = relation AND d.refobjsubid > 0
       AND a.attnum <> ALL (spock_standin.identity_columns(relation));
    DROP PUBLICATION "spock-parse";

    IF outside IS NOT NULL AND (s.replicate_update OR s.replicate_delete) THEN
        PERFORM spock_standin.refuse(
            format('filter the rows of %s by %s in a set that replicates UPDATE or DELETE', relation, outside),
            'PostgreSQL''s own replication filters such a set by columns of the primary key or replica identity only. '
            'Use those, or a set that replicates INSERT and TRUNCATE only.');
    END IF;
END;
$$;

-- PostgreSQL refuses to send a table of two publications with two different column lists; Spock sends their union.
CREATE FUNCTION spock_standin.check_column_lists(s spock.replication_set, relation regclass, columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    other name;
BEGIN
    SELECT o.set_name INTO other
      FROM spock.replication_set_table m
      JOIN spock.replication_set o ON o.set_id = m.set_id AND o.set_id <> s.set_id
     WHERE m.set_reloid = relation
       AND (SELECT array_agg(c ORDER BY c) FROM unnest(m.set_att_list) c)
           IS DISTINCT FROM (SELECT array_agg(c ORDER BY c) FROM unnest(columns) c);
    IF FOUND THEN
        PERFORM spock_standin.refuse(
            format('replicate %s with one column list in replication set %I and another in %I', relation, other, s.set_name));
    END IF;
END;
$$;

-- Makes one relation a member. False when skip_unreplicatable is set and it has no key that the set needs.
CREATE FUNCTION spock_standin.add_member(s spock.replication_set, relation regclass, columns text[], row_filter text,
    skip_unreplicatable boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    rel record;
    reserved name;
    unkeyed text := 'Table has no replica identity index, and the replication set replicates UPDATEs or DELETEs.';
    add_a_key text := 'Add a PRIMARY KEY to the table, or nominate a unique index on NOT NULL columns with ALTER TABLE ... REPLICA IDENTITY USING INDEX.';
BEGIN
    SELECT c.relname, n.nspname, c.relkind, c.relpersistence INTO STRICT rel
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = relation;
    IF rel.relpersistence <> 'p' THEN
        RAISE EXCEPTION 'UNLOGGED and TEMP tables cannot be replicated' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (s.replicate_update OR s.replicate_delete) AND spock_standin.identity_index(relation) IS NULL THEN
        IF skip_unreplicatable THEN
            RAISE WARNING 'skipping table %.% for replication set %', rel.nspname, rel.relname, s.set_name
                USING DETAIL = unkeyed, HINT = add_a_key;
            RETURN false;
        END IF;
        RAISE EXCEPTION 'table % cannot be added to replication set %', rel.relname, s.set_name
            USING ERRCODE = 'invalid_parameter_value', DETAIL = unkeyed, HINT = add_a_key;
    END IF;
    SELECT o.name INTO reserved
      FROM spock.reserved_object o
     WHERE o.kind = 'schema' AND o.block_in_repset AND o.name = rel.nspname;
    IF FOUND THEN
        RAISE EXCEPTION 'relation % cannot be added to any replication set', rel.relname
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Schema %s is reserved.', reserved),
                  HINT = 'Move this relation to a schema allowed for replication';
    END IF;
    PERFORM spock_standin.check_column_lists(s, relation, columns);

    -- A second membership fails on the catalog's key, as it does in Spock.
    INSERT INTO spock.replication_set_table VALUES (s.set_id, relation, columns, NULL);
    PERFORM spock_standin.keep_row_filter(s, relation, row_filter);
    IF rel.relkind = 'r' THEN
        EXECUTE format('ALTER PUBLICATION %I ADD TABLE ONLY %s %s %s', spock_standin.publication_of(s.set_name), relation,
                       '(' || spock_standin.quoted_list(columns) || ')', 'WHERE (' || row_filter || ')');
        -- As in Spock, a member is dropped with CASCADE only. PostgreSQL would let it leave the publication silently.
        UPDATE pg_depend d
           SET deptype = 'n'
          FROM pg_publication_rel pr
          JOIN pg_publication p ON p.oid = pr.prpubid
         WHERE p.pubname = spock_standin.publication_of(s.set_name) AND pr.prrelid = relation
           AND d.classid = 'pg_publication_rel'::regclass AND d.objid = pr.oid
           AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.refobjsubid = 0;
    END IF;
    RETURN true;
END;
$$;

CREATE FUNCTION spock_standin.remove_member(s spock.replication_set, relation regclass, ignore_missing boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM spock.replication_set_table m WHERE m.set_id = s.set_id AND m.set_reloid = relation;
    IF NOT FOUND AND NOT ignore_missing THEN
        RAISE EXCEPTION 'Table % not found in replication set %',
            (SELECT c.relname FROM pg_class c WHERE c.oid = relation), s.set_name USING ERRCODE = 'internal_error';
    END IF;
    IF EXISTS (SELECT FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
                WHERE p.pubname = spock_standin.publication_of(s.set_name) AND pr.prrelid = relation) THEN
        EXECUTE format('ALTER PUBLICATION %I DROP TABLE ONLY %s', spock_standin.publication_of(s.set_name), relation);
    END IF;
END;
$$;

-- The relation, and its partitions when they are wanted.
CREATE FUNCTION spock_standin.with_partitions(relation regclass, include_partitions boolean) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT relation
     UNION ALL
    SELECT t.relid FROM pg_partition_tree(relation) t WHERE include_partitions AND t.relid <> relation;
$$;

CREATE FUNCTION spock.repset_add_table(set_name name, relation regclass, synchronize_data boolean DEFAULT false,
    columns text[] DEFAULT NULL, row_filter text DEFAULT NULL, include_partitions boolean DEFAULT true) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    s spock.replication_set := spock_standin.replication_set_named(set_name);
    missing text;
BEGIN
    IF relation IS NULL THEN
        RAISE EXCEPTION 'relation cannot be NULL' USING ERRCODE = 'invalid_parameter_value';
    ELSIF synchronize_data IS NULL THEN
        RAISE EXCEPTION 'synchronize_data cannot be NULL' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT c INTO missing
      FROM unnest(columns) c
     WHERE NOT EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = relation AND a.attname = c AND a.attnum > 0 AND NOT a.attisdropped);
    IF FOUND THEN
        RAISE EXCEPTION 'table % does not have column %', relation, missing USING ERRCODE = 'syntax_error';
    END IF;
    IF columns IS NOT NULL AND EXISTS (SELECT FROM pg_attribute a
                                        WHERE a.attrelid = relation
                                          AND a.attnum = ANY (spock_standin.identity_columns(relation))
                                          AND a.attname <> ALL (columns)) THEN
        RAISE EXCEPTION 'REPLICA IDENTITY columns must be replicated' USING ERRCODE = 'syntax_error';
    END IF;

    PERFORM spock_standin.add_member(s, member, columns, row_filter)
       FROM spock_standin.with_partitions(relation, include_partitions) member;
    IF synchronize_data THEN
        PERFORM spock_standin.queue_table_sync(s.set_name, relation);
    END IF;
    RETURN true;
END;
$$;

CREATE FUNCTION spock.repset_add_all_tables(set_name name, schema_names text[], synchronize_data boolean DEFAULT false)
    RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    s spock.replication_set := spock_standin.replication_set_named(set_name);
    schema_name text;
    member regclass;
    added boolean;
BEGIN
    FOREACH schema_name IN ARRAY schema_names LOOP
        IF to_regnamespace(quote_ident(schema_name)) IS NULL THEN
            RAISE EXCEPTION 'schema "%" does not exist', schema_name USING ERRCODE = 'invalid_schema_name';
        END IF;
        IF EXISTS (SELECT FROM spock.reserved_object o
                    WHERE o.kind = 'schema' AND o.block_in_repset AND o.name = schema_name) THEN
            RAISE WARNING 'skipping schema %', schema_name
                USING DETAIL = 'Relations of this schema cannot be added to any replication set.';
            CONTINUE;
        END IF;
        FOR member IN
            SELECT c.oid
              FROM pg_class c
             WHERE c.relnamespace = to_regnamespace(quote_ident(schema_name))
               AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
               AND NOT EXISTS (SELECT FROM spock.replication_set_table m
                                WHERE m.set_id = s.set_id AND m.set_reloid = c.oid)
        LOOP
            added := spock_standin.add_member(s, member, NULL, NULL, skip_unreplicatable => true);
            IF added AND synchronize_data AND NOT (SELECT c.relispartition FROM pg_class c WHERE c.oid = member) THEN
                PERFORM spock_standin.queue_table_sync(s.set_name, member);
            END IF;
        END LOOP;
    END LOOP;
    RETURN true;
END;
$$;

CREATE FUNCTION spock.repset_remove_table(set_name name, relation regclass, include_partitions boolean DEFAULT true)
    RETURNS boolean
LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS $$
DECLARE
    s spock.replication_set := spock_standin.replication_set_named(set_name);
BEGIN
    PERFORM spock_standin.remove_member(s, member, (SELECT c.relispartition FROM pg_class c WHERE c.oid = member))
       FROM spock_standin.with_partitions(relation, include_partitions) member;
    RETURN true;
END;
$$;

CREATE FUNCTION spock.repset_add_partition(parent regclass, partition regclass DEFAULT NULL, row_filter text DEFAULT NULL)
    RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    added integer := 0;
    of_parent record;
    member regclass;
BEGIN
    IF parent IS NULL THEN
        RAISE EXCEPTION 'parent table cannot be NULL' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR of_parent IN
        SELECT s, m.set_id, m.set_att_list, pg_get_expr(m.set_row_filter, m.set_reloid) AS set_row_filter
          FROM spock.replication_set_table m
          JOIN spock.replication_set s ON s.set_id = m.set_id
          JOIN pg_class c ON c.oid = m.set_reloid AND c.relkind = 'p'
         WHERE m.set_reloid = parent AND s.set_nodeid = spock_standin.local_node_id()
    LOOP
        FOR member IN
            SELECT p
              FROM spock_standin.with_partitions(parent, true) p
             WHERE p <> parent AND (partition IS NULL OR p = partition)
               AND NOT EXISTS (SELECT FROM spock.replication_set_table m
                                WHERE m.set_id = of_parent.set_id AND m.set_reloid = p)
        LOOP
            PERFORM spock_standin.add_member(of_parent.s, member, of_parent.set_att_list,
                                             coalesce(row_filter, of_parent.set_row_filter));
            added := added + 1;
        END LOOP;
    END LOOP;
    RETURN added;
END;
$$;

CREATE FUNCTION spock.repset_remove_partition(parent regclass, partition regclass DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    removed integer := 0;
    s spock.replication_set;
    member regclass;
BEGIN
    IF parent IS NULL THEN
        RAISE EXCEPTION 'parent table cannot be NULL' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR s IN
        SELECT rs.*
          FROM spock.replication_set_table m
          JOIN spock.replication_set rs ON rs.set_id = m.set_id
          JOIN pg_class c ON c.oid = m.set_reloid AND c.relkind = 'p'
         WHERE m.set_reloid = parent AND rs.set_nodeid = spock_standin.local_node_id()
    LOOP
        FOR member IN
            SELECT p
              FROM spock_standin.with_partitions(parent, true) p
             WHERE p <> parent AND (partition IS NULL OR p = partition)
        LOOP
            PERFORM spock_standin.remove_member(s, member, ignore_missing => partition IS NULL);
            removed := removed + 1;
        END LOOP;
    END LOOP;
    RETURN removed;
END;
$$;

CREATE FUNCTION spock.repset_show_table(relation regclass, repsets text[], OUT relid oid, OUT nspname text,
    OUT relname text, OUT att_list text[], OUT has_row_filter boolean, OUT relkind "char", OUT relispartition boolean)
    RETURNS record
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog AS $$
#variable_conflict use_column
DECLARE
    me oid := spock_standin.local_node_id();
    unknown text := (SELECT r FROM unnest(repsets) r
                      WHERE NOT EXISTS (SELECT FROM spock.replication_set s WHERE s.set_nodeid = me AND s.set_name = r)
                      LIMIT 1);
BEGIN
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'replication set % not found', unknown USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH member AS (
        SELECT m.set_att_list, m.set_row_filter
          FROM spock.replication_set_table m
          JOIN spock.replication_set s ON s.set_id = m.set_id
         WHERE m.set_reloid = relation AND s.set_nodeid = me AND s.set_name = ANY (repsets)
    )
    SELECT c.oid, n.nspname, c.relname,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum)
              FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
               AND (NOT EXISTS (SELECT FROM member) OR EXISTS (
                       SELECT FROM member WHERE set_att_list IS NULL OR a.attname = ANY (set_att_list)))),
           EXISTS (SELECT FROM member) AND NOT EXISTS (SELECT FROM member WHERE set_row_filter IS NULL),
           c.relkind, c.relispartition
      INTO relid, nspname, relname, att_list, has_row_filter, relkind, relispartition
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = relation;
END;
$$;
