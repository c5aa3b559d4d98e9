/** What was: lag over time, activity, and the rows that conflicts and exceptions left on the nodes. */
import { invalid, noNode } from '#core/contract/faults.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { conflictsPage, exceptionsPage, type Remembered } from '#server/observe/inbox.ts';
import type { NodeWatch } from '#server/observe/node-watch.ts';
import type { Services } from '#server/services.ts';
import { findCluster } from './clusters.ts';
import { errors } from './errors.ts';
import { os } from './implement.ts';

const DEFAULT_RANGE_MS = 15 * 60_000;

const lag = os.history.lag.handler(({ input, context: { services } }) => {
  const { record, watcher } = findCluster(services, input.cluster);
  const toMs = input.to === undefined ? Date.now() : Date.parse(input.to);
  const fromMs = input.from === undefined ? toMs - DEFAULT_RANGE_MS : Date.parse(input.from);
  if (fromMs >= toMs)
    throw errors.BAD_REQUEST(
      invalid(['from'], 'from is not before to. Give a range that ends after it starts.'),
    );
  return services.history.read(record.name, {
    fromMs,
    toMs,
    ...(input.step === undefined ? {} : { stepSeconds: input.step }),
    ...(input.links === undefined ? {} : { links: linksOf(input.links, watcher.snapshot.links) }),
    ...(input.worst === undefined ? {} : { worst: input.worst }),
  });
});

/** `n1>n2,n2>n3`. Names may hold a comma or `>` themselves, so known links are looked for in the text first. */
function linksOf(text: string, known: readonly LinkSnapshot[]): { provider: string; receiver: string }[] {
  const wanted = `,${text},`;
  const found = known.filter(({ provider, receiver }) => wanted.includes(`,${provider}>${receiver},`));
  if (found.length > 0) return found.map(({ provider, receiver }) => ({ provider, receiver }));
  return text.split(',').map((pair) => {
    const [provider, receiver, ...rest] = pair.split('>');
    if (!provider || !receiver || rest.length > 0) {
      throw errors.BAD_REQUEST(invalid(['links'], `"${pair}" is no link. Write links=n1>n2,n2>n3.`));
    }
    return { provider, receiver };
  });
}

const activity = os.history.activity.handler(({ input, context: { services } }) => {
  findCluster(services, input.cluster);
  const [from, to] = [input.from, input.to].map((at) => (at === undefined ? undefined : Date.parse(at)));
  return services.activity.page(input.cluster, input.limit, input.cursor, { from, to });
});

const allActivity = os.history.allActivity.handler(({ input, context: { services } }) =>
  services.activity.page(null, input.limit, input.cursor),
);

const conflicts = os.history.conflicts.handler(({ input, context: { services } }) =>
  conflictsPage(nodesOf(services, input), input, remembered(services, input.cluster)),
);

const exceptions = os.history.exceptions.handler(({ input, context: { services } }) =>
  exceptionsPage(nodesOf(services, input), input, remembered(services, input.cluster)),
);

const remembered = (services: Services, cluster: string): Remembered => {
  const { watcher } = findCluster(services, cluster);
  return (node, originId) => watcher.originName(node, originId);
};

function nodesOf(services: Services, input: { cluster: string; node?: string | undefined }): NodeWatch[] {
  const { record, watcher } = findCluster(services, input.cluster);
  const names = input.node === undefined ? record.nodes.map(({ name }) => name) : [input.node];
  return names.map((name) => {
    const node = watcher.node(name);
    if (node === undefined) {
      throw errors.NOT_FOUND(noNode(record, name));
    }
    return node;
  });
}

export const history = { lag, activity, allActivity, conflicts, exceptions };
