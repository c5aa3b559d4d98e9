/**
 * What somebody changed in the cluster beside the console: a subscription dropped in psql, a set altered, a setting. Seen in the
 * catalogs as they are read: what was changed and back between two readings is not, nor who did it.
 */
import type { Happening } from '#core/activity/chronicle.ts';
import { formatNames } from '#core/model/format.ts';
import { pairKey } from '#core/model/keys.ts';
import type { NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';

/** Catalogs are read each second at best. */
const LOOK_MS = 2000;
/** What is not there for so long is gone: one reading may have met a change in its midst. */
const GONE_MS = 3000;
/** Sets and settings are read every 15 s: for so long after a run what it changed may still come to be seen. */
const AFTER_RUN_MS = 35_000;
const WHERE = 'outside the console';
const ENABLED = 'enabled';

type Subject = NonNullable<Happening['subject']>;

/** One thing of a node: what it is called in a sentence, and what of it can be changed, each as a text. */
interface Thing {
  node: string;
  /** `subscription sub_n2n1`. */
  called: string;
  subject: Subject;
  /** `created` and `dropped` are told of it. */
  comes: boolean;
  values: Readonly<Record<string, string>>;
}

interface Known {
  thing: Thing;
  goneAt: number | null;
}

export class OutsideChanges {
  readonly #known = new Map<string, Known>();
  /** Nodes that were read before, with what the role does not see there. What they have at first sight is no news. */
  readonly #met = new Map<string, string>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;

  /** `runUnderWay`: of this console, on this cluster; its own changes are told by its run. `at` in milliseconds since 1970. */
  follow(snapshot: Snapshot, at: number, runUnderWay: boolean): Happening[] {
    if (runUnderWay) this.#quietUntil = at + AFTER_RUN_MS;
    if (at - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = at;
    const told: Happening[] = [];
    const readable = snapshot.nodes.filter(isRead);
    for (const { name, unseen } of readable) this.#look(name, unseen.join());
    const read = new Set(readable.map(({ name }) => name));
    const seen = new Set<string>();
    for (const [key, thing] of thingsOf(snapshot, read)) {
      seen.add(key);
      told.push(...this.#meet(key, thing, at));
    }
    for (const [key, known] of this.#known) {
      if (seen.has(key) || !read.has(known.thing.node)) continue;
      known.goneAt ??= at;
      if (at - known.goneAt < GONE_MS) continue;
      this.#known.delete(key);
      if (known.thing.comes) told.push(happening(known.thing, 'warning', known.goneAt, 'was dropped'));
    }
    for (const { name, unseen } of readable) this.#met.set(name, unseen.join());
    return at < this.#quietUntil ? [] : told;
  }

  /** Where a role sees more or less than before, nothing has come or gone by that. */
  #look(node: string, unseen: string): void {
    if ((this.#met.get(node) ?? unseen) === unseen) return;
    this.#met.delete(node);
    for (const [key, { thing }] of this.#known) if (thing.node === node) this.#known.delete(key);
  }

  #meet(key: string, thing: Thing, at: number): Happening[] {
    const before = this.#known.get(key);
    this.#known.set(key, { thing, goneAt: null });
    if (before === undefined)
      return thing.comes && this.#met.has(thing.node) ? [happening(thing, 'info', at, 'was created')] : [];
    return Object.entries(thing.values).flatMap(([what, now]) => {
      const then = before.thing.values[what];
      if (then === undefined || then === now) return [];
      return [happening(thing, 'info', at, changeText(what, now, then))];
    });
  }
}

function changeText(what: string, now: string, then: string): string {
  if (what === ENABLED) return now === 'yes' ? 'was enabled' : 'was disabled';
  return `was changed (${what} is ${now || 'empty'}, and was ${then || 'empty'})`;
}

/** Of one that cannot be read nothing is known, and nothing of it has gone. What is read seldom comes with the settings. */
const isRead = ({ state, settings }: NodeSnapshot): boolean => state === 'up' && settings.length > 0;

function* thingsOf(
  { nodes, subscriptions, replicationSets }: Snapshot,
  read: ReadonlySet<string>,
): Generator<[key: string, Thing]> {
  for (const sub of subscriptions) {
    const { receiver, name, provider } = sub;
    if (!read.has(receiver)) continue;
    yield [
      pairKey(receiver, `s ${name}`),
      {
        node: receiver,
        called: `subscription ${name}`,
        subject: { ...(provider !== null && { provider }), receiver, subscription: name },
        comes: true,
        values: {
          [ENABLED]: sub.enabled ? 'yes' : 'no',
          sets: [...sub.replicationSets].sort().join(', '),
          'forward origins': sub.forwardOrigins.join(', '),
          'apply delay': `${sub.applyDelaySeconds} s`,
        },
      },
    ];
  }
  for (const set of replicationSets) {
    if (!read.has(set.node)) continue;
    const sends = (['insert', 'update', 'delete', 'truncate'] as const).filter((kind) => set[kind]);
    yield [
      pairKey(set.node, `r ${set.name}`),
      {
        node: set.node,
        called: `replication set ${set.name}`,
        subject: { node: set.node, set: set.name },
        comes: true,
        values: { 'what it sends': formatNames(sends) },
      },
    ];
  }
  for (const node of nodes) {
    if (!read.has(node.name)) continue;
    for (const { name, value, unit } of node.settings) {
      if (value === null) continue;
      yield [
        pairKey(node.name, `g ${name}`),
        {
          node: node.name,
          called: `setting ${name}`,
          subject: { node: node.name },
          comes: false,
          values: { value: unit === null ? value : `${value} ${unit}` },
        },
      ];
    }
  }
}

function happening(
  { node, called, subject }: Thing,
  severity: Happening['severity'],
  at: number,
  what: string,
): Happening {
  const text = `${called.charAt(0).toUpperCase()}${called.slice(1)} on ${node} ${what} ${WHERE}`;
  return { at: new Date(at).toISOString(), kind: 'change', severity, text, subject, finding: null };
}
