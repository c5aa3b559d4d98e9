/** What the contract's errors say, where the server and the mock world refuse for the same reason. Pure. */
import { formatNames } from '#core/model/format.ts';
import type { Storage, StorageState } from '#core/model/storage.ts';
import type { FieldIssue } from './errors.ts';

/** A message with the faults of fields that it names. */
export interface Faulty {
  message: string;
  data: { issues: FieldIssue[] };
}

export const faulty = (issues: FieldIssue[]): Faulty => ({
  message: issues.map(({ message }) => message).join(' '),
  data: { issues },
});

/** One field of what was sent, or (an empty path) the whole of it, is not as the contract has it. */
export const invalid = (path: FieldIssue['path'], message: string): Faulty =>
  faulty([{ path, code: 'invalid', message, remedy: null }]);

/** As a schema reports a fault (Standard Schema). */
interface SchemaIssue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
}

/** Input that does not fit the contract: each fault with the field in which it stands. */
export function badInput(faults: readonly SchemaIssue[]): Faulty {
  const issues = faults.map(
    ({ path, message }): FieldIssue => ({ path: pathOf(path), code: 'invalid', message, remedy: null }),
  );
  const message = issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join(' ');
  return { message, data: { issues } };
}

const pathOf = (path: SchemaIssue['path'] = []): FieldIssue['path'] =>
  path.map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });

export const noCluster = (name: string): { message: string } => ({
  message: `There is no cluster named ${name}. It was removed or renamed; see the list of clusters.`,
});

export const noDeploy = (id: string): { message: string } => ({
  message: `There is no deploy ${id} in preparation. It was discarded or never existed; see the list of deploys.`,
});

export const noSession = (id: string): { message: string } => ({
  message: `There is no session ${id}. It may have ended; GET /api/v1/sessions lists them.`,
});

export const noRun = (id: string): { message: string } => ({ message: `There is no run ${id}.` });
export const noPlan = (id: string): { message: string } => ({ message: `There is no plan ${id}.` });

interface Named {
  name: string;
  nodes: readonly { name: string }[];
}

export const noNode = ({ name, nodes }: Named, node: string): { message: string } => ({
  message: `${name} has no node named ${node}. Its nodes are ${formatNames(nodes.map((each) => each.name))}.`,
});

/** A fault for each size of a disk that is given for a node which is not there: a slip of whoever typed it. */
export const unknownNodes = ({ name, nodes }: Named, named: readonly string[]): FieldIssue[] =>
  named
    .filter((node) => !nodes.some((each) => each.name === node))
    .map((node) => ({
      path: ['walRoom', node],
      code: 'unknown-node',
      message: `${name} has no node named ${node}.`,
      remedy: `Its nodes: ${nodes.map((each) => each.name).join(', ')}.`,
    }));

export const lastNode = (cluster: string, node: string): { message: string } => ({
  message: `${node} is the last node of ${cluster}. Forget the cluster instead.`,
});

export const nameTaken = (name: string): Faulty =>
  faulty([
    {
      path: ['name'],
      code: 'name-taken',
      message: `A cluster named ${name} is already watched.`,
      remedy: 'Choose another name.',
    },
  ]);

/** Why something is not done with a sandbox: its servers are the console's own. */
export const sandboxRefusals = {
  nodes: (name: string) => `${name} is a sandbox: the console itself knows its nodes and how to reach them.`,
  room: (name: string) =>
    `${name} is a sandbox: the console reads the free disk space of its servers from this machine.`,
  forget: (name: string) =>
    `${name} is a sandbox of this console. Plan its removal (a plan of kind remove), which stops its servers.`,
} as const;

/** Traffic is written to sandboxes alone. */
export const noSandbox = (name: string): { message: string } => ({
  message: `${name} is not a sandbox: the console writes nothing to its nodes.`,
});

/** What was asked for cannot be kept, and is not done. */
export const notKept = ({
  state,
  message,
  remedy,
}: Pick<Storage, 'message' | 'remedy'> & { state: StorageState }): {
  code: 'INSUFFICIENT_STORAGE' | 'SERVICE_UNAVAILABLE';
  message: string;
  data: { storage: StorageState };
} => ({
  code: state === 'full' ? 'INSUFFICIENT_STORAGE' : 'SERVICE_UNAVAILABLE',
  message: `${message} ${remedy}`,
  data: { storage: state },
});

export const OWN_FAULT =
  'The console failed to handle this request. Its log has the cause; you can send the request again.';
