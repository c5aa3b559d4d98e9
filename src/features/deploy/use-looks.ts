/** What each server of the draft said, by the key of its row. */
import { useQueries } from '@tanstack/react-query';
import type { FieldIssue } from '#core/contract/errors.ts';
import type { ServerLook } from '#core/model/deploy.ts';
import { describeError } from '#src/api/errors.ts';
import { lookQuery } from '#src/api/queries.ts';
import { filled, passwordLost } from './form.ts';
import type { Draft } from './use-draft.ts';

export interface Looked {
  /** Typed, and not answered yet. */
  asking: boolean;
  look: ServerLook | null;
  issue: Pick<FieldIssue, 'code' | 'message' | 'remedy'> | null;
}

export type Looks = ReadonlyMap<number, Looked>;

export function useLooks({ id, form, kept, known }: Draft): Looks {
  const rows = filled(form.rows);
  const answers = useQueries({
    queries: rows.map((row) => {
      const place = kept.get(row.key);
      return {
        ...lookQuery(id, place?.position ?? 0, row.edit),
        enabled: place?.edit === row.edit && !passwordLost(row.dsn, known),
      };
    }),
  });
  return new Map(
    rows.map((row, at): [number, Looked] => {
      if (passwordLost(row.dsn, known)) return [row.key, { asking: false, look: null, issue: LOST }];
      const answer = answers[at];
      if (answer?.data) return [row.key, { asking: false, ...answer.data }];
      if (!answer?.error) return [row.key, { asking: true, look: null, issue: null }];
      const { code, message, remedy } = describeError(answer.error);
      return [row.key, { asking: false, look: null, issue: { code, message, remedy } }];
    }),
  );
}

const LOST = {
  code: 'password-lost',
  message: 'The password was kept for the previous address.',
  remedy: 'Type it again in place of the dots.',
};
