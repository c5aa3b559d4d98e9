/**
 * The origins that spock.exception_log has rows of, found by leaps over the first column of its primary key: as quick at a million
 * rows as at one. Not those of spock.node: Spock forgets a node with the last subscription to it, and what was discarded of it
 * is missing all the same.
 */
export const EXCEPTION_ORIGINS = `WITH RECURSIVE o (id) AS (
  SELECT min(remote_origin) FROM spock.exception_log
  UNION ALL
  SELECT (SELECT min(l.remote_origin) FROM spock.exception_log l WHERE l.remote_origin > o.id) FROM o WHERE o.id IS NOT NULL
)`;
