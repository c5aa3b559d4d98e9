/** Owner, grants and comments of schemas that stood before a copy, and default privileges: what a restore changes of them is given back. */
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';

export interface SchemaState {
  name: string;
  owner: string;
  /** aclitem[] as text; null: never granted. */
  acl: string | null;
  comment: string | null;
}

/** One row a schema; `made`: who wrote its row last, `commented`: its comment. */
export const SCHEMAS = `SELECT n.nspname::text AS name, pg_get_userbyid(n.nspowner)::text AS owner, n.nspacl::text AS acl, d.description AS comment, n.xmin::text AS made, d.xmin::text AS commented
  FROM pg_namespace n LEFT JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid
 WHERE n.nspname !~ '^pg_(toast|temp)' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'snowflake') ORDER BY 1`;

const GRANTEE = `CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END`;
const OPTION = `CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END`;

const aclOf = (acl: string | null, owner: string): string =>
  acl === null ? `acldefault('n', ${quoteLiteral(owner)}::regrole)` : `${quoteLiteral(acl)}::aclitem[]`;

/** Statements, `text`, that make the grants on a schema what they were; its owner is the former one by then. */
export const grantsBack = (
  { name, owner, acl }: SchemaState,
  now: string | null,
  nowOwner: string,
): string => {
  const items = (of: string): string =>
    `SELECT e.grantee, e.privilege_type, e.is_grantable FROM aclexplode(${of}) e`;
  const before = items(aclOf(acl, owner));
  const after = items(aclOf(now, nowOwner));
  const schema = quoteLiteral(quoteIdent(name));
  return `SELECT format('REVOKE %s ON SCHEMA %s FROM %s', e.privilege_type, ${schema}, ${GRANTEE}) AS text FROM (${after} EXCEPT ${before}) e
 UNION ALL SELECT format('GRANT %s ON SCHEMA %s TO %s', e.privilege_type, ${schema}, ${GRANTEE}) || ${OPTION} FROM (${before} EXCEPT ${after}) e`;
};

export const ownerBack = ({ name, owner }: SchemaState): string =>
  `ALTER SCHEMA ${quoteIdent(name)} OWNER TO ${quoteIdent(owner)}`;

export const commentBack = ({ name, comment }: SchemaState): string =>
  `COMMENT ON SCHEMA ${quoteIdent(name)} IS ${comment === null ? 'NULL' : quoteLiteral(comment)}`;

/** Statements, `text`, after which the default privileges `oid` are those that PostgreSQL has built in, and their row is gone. */
export const defaultsBack = (oid: string): string =>
  `WITH d AS (SELECT *, CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS what,
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s', pg_get_userbyid(defaclrole), CASE WHEN defaclnamespace = 0 THEN '' ELSE format(' IN SCHEMA %s', defaclnamespace::regnamespace) END) AS head,
    CASE WHEN defaclnamespace = 0 THEN acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole) ELSE '{}'::aclitem[] END AS built FROM pg_default_acl WHERE oid = ${quoteLiteral(oid)}::oid)
SELECT format('%s REVOKE %s ON %s FROM %s', d.head, e.privilege_type, d.what, ${GRANTEE}) AS text FROM d, LATERAL (SELECT grantee, privilege_type, is_grantable FROM aclexplode(d.defaclacl) EXCEPT SELECT grantee, privilege_type, is_grantable FROM aclexplode(d.built)) e
UNION ALL SELECT format('%s GRANT %s ON %s TO %s', d.head, e.privilege_type, d.what, ${GRANTEE}) || ${OPTION} FROM d, LATERAL (SELECT grantee, privilege_type, is_grantable FROM aclexplode(d.built) EXCEPT SELECT grantee, privilege_type, is_grantable FROM aclexplode(d.defaclacl)) e`;
