/** Why a step did not do what it should: the server's own words, what they probably come from, and what helps. */
import type { RunStep } from '#core/model/plan.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';

type StepError = NonNullable<RunStep['error']>;

export class StepFailure extends Error {
  override name = 'StepFailure';
  readonly error: StepError;
  constructor(error: StepError) {
    super(error.message);
    this.error = error;
  }
}

/** The operator's, not an error. */
export class StepCancelled extends Error {
  override name = 'StepCancelled';
}

interface Explanation {
  cause: string | null;
  remedy: string | null;
}

const EXPLAINED: [RegExp, Explanation][] = [
  [
    /no pg_hba\.conf entry/,
    {
      cause: 'The server does not let this address in.',
      remedy:
        'Add a line for that address, user and database to its pg_hba.conf, run SELECT pg_reload_conf(), then resume.',
    },
  ],
  [
    /password authentication failed|no password supplied/,
    {
      cause: 'The password in the DSN is wrong or missing.',
      remedy: 'Correct the DSN of that node, then resume.',
    },
  ],
  [
    /all replication slots are in use/,
    {
      cause: 'The provider has no replication slot left.',
      remedy:
        'Raise max_replication_slots there (needs a restart) or drop a slot that nobody needs, then resume.',
    },
  ],
  [
    /number of requested standby connections exceeds max_wal_senders/,
    {
      cause: 'The provider has no WAL sender left.',
      remedy: 'Raise max_wal_senders there (needs a restart), then resume.',
    },
  ],
  [
    /must be loaded via shared_preload_libraries|is not in shared_preload_libraries/,
    {
      cause: 'Spock was not loaded when the server started.',
      remedy: 'Add spock to shared_preload_libraries and restart the server, then resume.',
    },
  ],
  [
    /could not connect to the postgresql server|could not establish connection/,
    {
      cause: 'The node cannot reach its peer by the DSN that the peers are given.',
      remedy:
        'Check from that node that the address, port, user and password of the DSN let it in, then resume.',
    },
  ],
  [
    /cannot be used as a replica identity|REPLICA IDENTITY|lacks a PRIMARY KEY|must have (a )?PRIMARY KEY/i,
    {
      cause: 'The set replicates UPDATE or DELETE, and the table has no key by which a row is found.',
      remedy: 'Add a primary key to the table on every node, then resume.',
    },
  ],
];

const BY_SQLSTATE: Record<string, Explanation> = {
  '42501': {
    cause: 'The role in the DSN may not do this.',
    remedy: "Use a superuser's DSN for this node, or have its owner run the statement, then resume.",
  },
  '55P03': {
    cause: 'Another transaction holds a lock on the table.',
    remedy: 'Wait for it or end it (pg_stat_activity names it), then resume.',
  },
  '57014': {
    cause: 'The statement took longer than it may.',
    remedy: 'See in pg_stat_activity what it waited for, then resume.',
  },
  '53100': { cause: "The server's disk is full.", remedy: 'Free some space there, then resume.' },
  '58P01': { cause: 'A file is missing on the server.', remedy: 'Check the installation of Spock there.' },
};

const BY_CODE: Partial<Record<NodeFailure['code'], Explanation>> = {
  refused: { cause: 'No server takes connections there.', remedy: 'Start the server, then resume.' },
  timeout: {
    cause: 'The server is busy, or the way to it is cut.',
    remedy: 'Look after the server, then resume.',
  },
  network: {
    cause: 'The connection was lost.',
    remedy: 'Look after the server and the way to it, then resume.',
  },
};

/** A failed statement as a step's error. `statement` has its passwords masked already. */
export function sqlFailure(node: string, statement: string | null, failure: NodeFailure): StepFailure {
  const message = failure.detail === null ? failure.message : `${failure.message}\n${failure.detail}`;
  const explained: Explanation = EXPLAINED.find(([pattern]) => pattern.test(message))?.[1] ??
    BY_SQLSTATE[failure.sqlstate ?? ''] ??
    BY_CODE[failure.code] ?? { cause: null, remedy: `Mend it on ${node}, then resume; or roll back.` };
  return new StepFailure({ message, sqlstate: failure.sqlstate, statement, ...explained });
}

/** Any error as a step's: those of the console's own machine carry their own remedy, if they have one. */
export function anyFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const { message, remedy } = error as { message?: string; remedy?: string | null };
  return new StepFailure({
    message: message ?? String(error),
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: remedy ?? 'Mend it, then resume; or roll back.',
  });
}
