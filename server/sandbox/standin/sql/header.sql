/*
 * A stand-in for Spock 6.0, for plain PostgreSQL 18. NEVER FOR PRODUCTION.
 *
 * No package registry carries Spock, so a fresh machine has none. This extension lets the console be tried, and
 * tested, there: it answers to Spock's names, arguments, columns and status words, and it really replicates, on
 * PostgreSQL's own logical replication. It is SQL and PL/pgSQL alone (the one foreign function is that of contrib's
 * dblink library). What it cannot do it refuses with SQLSTATE 0A000; see docs/stand-in.md.
 *
 * Schema spock holds what a real Spock 6.0 has and nothing else; what only the stand-in needs is in spock_standin.
 *
 *   Spock                      PostgreSQL
 *   ------------------------   ------------------------------------------------------------------------------------
 *   replication set "default"  publication spock_default, with the set's actions as its publish option
 *   member, column list, row   publication member, column list, WHERE; only ordinary tables, never a partitioned
 *     filter                     parent, since Spock too sends the changes of the partitions that are members
 *   the queue (DDL, resync)    publication "spock-queue", which holds spock.queue; every subscription reads it
 *   subscription sub_n1n2      subscription spk_<database>_n2_sub_n1n2, named as its slot, origin = none
 *   forward_origins {all}      origin = any
 *   slot                       logical slot of the same name as Spock's, plugin pgoutput
 *   replication origin         pg_<oid of the subscription>, since PostgreSQL insists on that name
 *   local_sync_status          pg_subscription_rel
 *   apply worker               logical replication apply worker, as pg_stat_subscription shows it
 *   skip_lsn                   ALTER SUBSCRIPTION ... SKIP
 *
 * PostgreSQL's receivers apply only the changes of tables listed in pg_subscription_rel, and learn of tables by REFRESH
 * PUBLICATION, which must reach the provider, cannot be rolled back with the change of the publication, and fails when
 * one table is missing on the receiver. Spock's receivers apply whatever the provider sends. So the stand-in lists every
 * table of the receiver as ready in pg_subscription_rel, from the start and whenever a table is created (an event
 * trigger does it). The provider's publications alone then decide what is replicated: a change of a replication set is an
 * ordinary local transaction there, takes effect with its commit, and needs no peer to be up.
 */
