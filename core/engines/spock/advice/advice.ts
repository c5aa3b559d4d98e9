/** What Spock has to say to the rules. */
import type { EngineAdvice } from '#core/advice/rule.ts';
import { conflictsUnseen } from './conflicts-unseen.ts';
import { disabledByException } from './disabled-by-exception.ts';
import { discardedTransactions } from './discarded-transactions.ts';
import { failuresOf } from './exceptions.ts';
import { cannotRun } from './extension.ts';
import { failoverSlots } from './failover-slots.ts';
import { filterUnsafe } from './filter-unsafe.ts';
import { readOnly } from './read-only.ts';
import { remedies } from './remedies.ts';
import { rowsDiverged } from './rows-diverged.ts';
import { syncFailed } from './sync-failed.ts';
import { versionSkew } from './version-skew.ts';

export const advice: EngineAdvice = {
  rules: {
    'disabled-by-exception': disabledByException,
    'discarded-transactions': discardedTransactions,
    'version-skew': versionSkew,
    'rows-diverged': rowsDiverged,
    'conflicts-unseen': conflictsUnseen,
    'read-only': readOnly,
    'sync-failed': syncFailed,
    'filter-unsafe': filterUnsafe,
    'failover-slots': failoverSlots,
  },
  remedies,
  cannotRun,
  disabledItself: (input, sub) =>
    failuresOf(input).some(
      ({ receiver, subscription, disabling }) =>
        receiver === sub.receiver && subscription?.name === sub.name && disabling !== null,
    ),
};
