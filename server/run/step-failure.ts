/** Why a step did not do what it should: the server's own words, what they probably come from, and what helps. */
import type { RunStep, StepErrorCode } from '#core/model/plan.ts';
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
  code: StepErrorCode;
  cause: string | null;
  remedy: string | null;
}

const EXPLAINED: [RegExp, Explanation][] = [
  [
    /no pg_hba\.conf entry/,
    {
      code: 'unreachable',
      cause: 'The server refuses connections from this address.',
      remedy:
        'Add a line for that address, user and database to its pg_hba.conf, run SELECT pg_reload_conf(), then resume.',
    },
  ],
  [
    /password authentication failed|no password supplied/,
    {
      code: 'unreachable',
      cause: 'The password in the DSN is wrong or missing.',
      remedy: 'Correct the DSN of that node, then resume.',
    },
  ],
  [
    /all replication slots are in use/,
    {
      code: 'statement-failed',
      cause: 'The provider has no replication slot left.',
      remedy:
        'Raise max_replication_slots there (needs a restart) or drop a slot that nobody needs, then resume.',
    },
  ],
  [
    /number of requested standby connections exceeds max_wal_senders/,
    {
      code: 'statement-failed',
      cause: 'The provider has no WAL sender left.',
      remedy: 'Raise max_wal_senders there (needs a restart), then resume.',
    },
  ],
  [
    /worker registration failed|out of (logical replication|background) worker slots/,
    {
      code: 'statement-failed',
      cause: 'The receiver has no worker process left.',
      remedy:
        'Raise max_worker_processes there (and max_logical_replication_workers without Spock; needs a restart), then resume.',
    },
  ],
  [
    /must be loaded via shared_preload_libraries|is not in shared_preload_libraries/,
    {
      code: 'statement-failed',
      cause: 'Spock was not loaded when the server started.',
      remedy: 'Add spock to shared_preload_libraries and restart the server, then resume.',
    },
  ],
  [
    /could not connect to the postgresql server|could not establish connection/,
    {
      code: 'statement-failed',
      cause: 'The node cannot reach its peer with the DSN given for peers.',
      remedy:
        'Check from that node that address, port, user and password of the DSN are accepted, then resume.',
    },
  ],
  [
    /cannot be used as a replica identity|REPLICA IDENTITY|lacks a PRIMARY KEY|must have (a )?PRIMARY KEY/i,
    {
      code: 'statement-failed',
      cause: 'The set replicates UPDATE or DELETE, and the table has no key by which a row is found.',
      remedy: 'Add a primary key to the table on every node, then resume.',
    },
  ],
];

const BY_SQLSTATE: Record<string, Explanation> = {
  '42501': {
    code: 'no-permission',
    cause: 'The role in the DSN may not do this.',
    remedy: "Use a superuser's DSN for this node, or have its owner run the statement, then resume.",
  },
  '55P03': {
    code: 'locked',
    cause: 'Another transaction holds a lock on the table.',
    remedy: 'Wait for it or terminate it (pg_stat_activity shows it), then resume.',
  },
  '40P01': {
    code: 'locked',
    cause: 'It and another transaction waited for each other.',
    remedy: 'Resume: it is done again.',
  },
  '57014': {
    code: 'timeout',
    cause: 'The statement took longer than allowed.',
    remedy: 'See in pg_stat_activity what it waited for, then resume.',
  },
  '53100': {
    code: 'disk-full',
    cause: "The server's disk is full.",
    remedy: 'Free some space there, then resume.',
  },
  '58P01': {
    code: 'statement-failed',
    cause: 'A file is missing on the server.',
    remedy: 'Check the installation of Spock there.',
  },
};

const BY_CODE: Partial<Record<NodeFailure['code'], Explanation>> = {
  refused: {
    code: 'unreachable',
    cause: 'No server takes connections there.',
    remedy: 'Start the server, then resume.',
  },
  unavailable: {
    code: 'unreachable',
    cause: 'The server is there but accepts no connections now.',
    remedy: 'Check what it reports (too many clients, starting up), then resume.',
  },
  timeout: {
    code: 'timeout',
    cause: 'The server is busy, or the network to it is down.',
    remedy: 'Check the server, then resume.',
  },
  auth: {
    code: 'unreachable',
    cause: 'The server refuses connections of this role.',
    remedy: 'Correct the DSN of that node, or its pg_hba.conf, then resume.',
  },
  'no-database': {
    code: 'changed',
    cause: 'The database has since been dropped or renamed.',
    remedy: 'Correct the DSN of that node, then resume.',
  },
  network: {
    code: 'unreachable',
    cause: 'The network to the server is down, or the connection was lost.',
    remedy: 'Check the server and the network to it, then resume.',
  },
};

/** What a statement waited for that was given up; null where that says nothing of its failure. */
function heldUpBy(node: string, { sqlstate, code, heldUp }: NodeFailure): Explanation | null {
  if (heldUp?.kind === 'standby') {
    return {
      code: 'cannot-come',
      cause: `No synchronous standby answers ${node}, and each commit waits for one.`,
      remedy: `Start the standby, or take its name out of synchronous_standby_names on ${node} and reload, then resume. Or roll back.`,
    };
  }
  const givenUp = sqlstate === '57014' || sqlstate === '55P03' || (sqlstate === null && code === 'timeout');
  if (heldUp === undefined || !givenUp) return null;
  if (heldUp.kind === 'lock') {
    return {
      code: 'locked',
      cause: heldUp.text,
      remedy: 'Let it end, or end it, then resume.',
    };
  }
  return { code: 'timeout', cause: heldUp.text, remedy: `Check ${node}, then resume.` };
}

/** A failed statement as a step's error. `statement` has its passwords masked already. */
export function sqlFailure(node: string, statement: string | null, failure: NodeFailure): StepFailure {
  const message = failure.detail === null ? failure.message : `${failure.message}\n${failure.detail}`;
  const explained: Explanation = heldUpBy(node, failure) ??
    EXPLAINED.find(([pattern]) => pattern.test(message))?.[1] ??
    BY_SQLSTATE[failure.sqlstate ?? ''] ??
    BY_CODE[failure.code] ?? {
      code: 'statement-failed',
      cause: null,
      remedy: `Fix it on ${node}, then resume; or roll back.`,
    };
  const code = codeOf(explained.code, statement, failure);
  const blockers = code === 'locked' ? (failure.heldUp?.blockers ?? []) : [];
  return new StepFailure({
    message,
    sqlstate: failure.sqlstate,
    statement,
    ...explained,
    code,
    ...(blockers.length > 0 && { blockers: blockers.map((each) => ({ node, ...each })) }),
  });
}

/** Of the node itself: what a statement on it says of its peers is the statement's failure; no answer to a connection is no reach. */
function codeOf(code: StepErrorCode, statement: string | null, failure: NodeFailure): StepErrorCode {
  const ofPeer =
    failure.code === 'query' || (failure.sqlstate?.startsWith('08') === true && statement !== null);
  if (code === 'unreachable' && ofPeer) return 'statement-failed';
  const silent = code === 'timeout' && failure.sqlstate === null && statement === null;
  return silent ? 'unreachable' : code;
}

/** Any error as a step's: those of the console's own machine carry their own remedy, if they have one. */
export function anyFailure(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const { message, remedy } = error as { message?: string; remedy?: string | null };
  return new StepFailure({
    code: 'console',
    message: message ?? String(error),
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: remedy ?? 'Fix it, then resume; or roll back.',
  });
}
