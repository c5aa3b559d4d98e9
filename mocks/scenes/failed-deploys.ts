/** Deploys on servers that do not go well, and what their rollback leaves. */
import type { SimRun } from '#mocks/world/runs.ts';
import { found, StepError } from '#mocks/world/step-error.ts';
import type { World } from '#mocks/world/world.ts';
import { deploying, prepare, workedFor } from './servers.ts';

const MINUTE = 60_000;

const refused = () =>
  new StepError(
    'could not connect to the postgresql server: connection to server at "10.2.0.4", port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.3.0.9", user "spock_repl", database "orders", no encryption',
    {
      sqlstate: '08006',
      why: 'n2 does not let in 10.3.0.9, from where n3 connects.',
      remedy: 'Add a line for 10.3.0.9 to pg_hba.conf on n2, run SELECT pg_reload_conf() there, then resume.',
    },
  );

/** n2 has taken orders since its copy. */
function writtenOn(world: World): void {
  world.kept.set('seed:n2', {
    error: found(
      'written-since',
      'public.orders on n2 has been written to since it was copied: taking it back would lose that.',
      'Applications, or replication from another node, have changed rows there.',
      'Save what you need of it, then roll back and confirm that it may be dropped; or keep n2 as it is.',
    ),
    left: [{ code: 'written-since', object: 'table public.orders' }],
  });
}

/** Whoever deploys here is stopped once at a subscription, and once more when it is rolled back. */
export function fails(world: World): void {
  prepare(world);
  failing(world);
}

function failing(world: World): void {
  world.failures.set('subscribe:n3:n2', refused());
  writtenOn(world);
}

/** run-1 has failed at a subscription. */
export function failed(world: World): void {
  failing(world);
  const run = deploying(world, world.now - MINUTE);
  workedFor(world, run, world.now - MINUTE, MINUTE);
}

/** run-1 was rolled back as far as a copy that was written to. */
export function rollbackRefused(world: World): void {
  failed(world);
  takenBack(world);
}

function takenBack(world: World): void {
  const run = world.runs.get('run-1');
  if (!run) throw new Error('there is no run-1');
  run.rollback(false);
  workedFor(world, run, world.now - MINUTE / 2, MINUTE / 2);
}

/** run-1 was rolled back; n3 is gone since, n2 has taken orders, and a subscription of n3 may still read from n1. */
export function rollbackLeft(world: World): void {
  failed(world);
  world.kept.set('*:n3', {
    error: found(
      'unreachable',
      'n3 does not answer: connect ECONNREFUSED 10.3.0.9:5432',
      'No server takes connections there.',
      'Bring n3 back, then roll back again.',
    ),
    left: [{ code: 'unreachable', object: null }],
  });
  world.kept.set('node:n1', {
    error: found(
      'still-read',
      'sub_n3n1 on n3 may still read from n1: its slot spk_orders_n1_sub_n3n1 stands there, and n3 could not be asked.',
      'What would be dropped on n1 goes through that link to n3 as well.',
      'Bring n3 back, so that its subscription is dropped first; then roll back again.',
    ),
    left: [{ code: 'still-read', object: 'node n1' }],
  });
  takenBack(world);
}

/** run-1 has failed at a copy that Spock called ready, and of which rows are missing. */
export function copyIncomplete(world: World): void {
  world.failures.set(
    'seed:n2',
    new StepError('public.order_lines: 131,072 of 6,120,441 rows are there. 24 of 25 tables are equal.', {
      code: 'copy-incomplete',
      sqlstate: null,
      why: 'The connection from n2 to n1 was cut during the copy, and Spock marked the table as ready all the same.',
      remedy: 'Resume: what was copied is emptied on n2, and copied again. n1 keeps its rows either way.',
    }),
  );
  const run: SimRun = deploying(world, world.now - MINUTE);
  workedFor(world, run, world.now - MINUTE, MINUTE);
}
