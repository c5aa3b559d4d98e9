/** Deploys that are being prepared, as lists and links speak of them. */
import type { DeployAnswers } from '#core/model/deploy.ts';
import type { DsnReader } from './use-dsn-reader.ts';

/** Whether anything was typed: a draft in which nothing was is not offered again. */
export const isBegun = (answers: Pick<DeployAnswers, 'name' | 'nodes'>): boolean =>
  answers.name !== '' || answers.nodes.some((node) => node.dsn.trim() !== '');

/** Its name, or the one that its first address suggests. */
export const draftName = (draft: Pick<DeployAnswers, 'name' | 'nodes'>, reader: DsnReader | null): string =>
  draft.name ||
  reader?.nameFromDsn(draft.nodes.find((node) => node.dsn !== '')?.dsn ?? '') ||
  'a cluster without a name';
