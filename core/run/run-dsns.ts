/** DSNs that are given for one run: where one has to be, a rule of the server and the mock. */
import type { NodeRights } from '#core/model/plan.ts';

/** A fault of one of them, on its field. */
export interface DsnIssue {
  path: string[];
  code: string;
  message: string;
  remedy: string;
}

/** Nodes of which a DSN is still to be given. `there`: those of which one is known, given now or kept since the run began. */
export const missingDsns = (rights: readonly NodeRights[], there: Iterable<string>): NodeRights[] => {
  const known = new Set(there);
  return rights.filter(({ node }) => !known.has(node));
};

export const missingIssue = ({ node, role, lacks }: NodeRights): DsnIssue => ({
  path: ['dsns', node],
  code: 'no-permission',
  message: `${role} lacks what this plan needs on ${node}: ${lacks.join(', ')}.`,
  remedy: `Give the DSN of a role that has it, for this run only: "dsns": {"${node}": "postgres://…"}.`,
});

/** Of a DSN that was given, and whose role lacks something as well. */
export const lackingIssue = ({ node, role, lacks }: NodeRights): DsnIssue => ({
  path: ['dsns', node],
  code: 'no-permission',
  message: `${role} also lacks what this plan needs on ${node}: ${lacks.join(', ')}.`,
  remedy: 'Give the DSN of another role, for instance of a superuser.',
});
