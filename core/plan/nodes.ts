/** What the planners of changes to running nodes have in common. */

import type { Changes } from '#core/engines/changes.ts';
import { changesOf } from '#core/engines/registry.ts';
import type { Observed, ObservedFacts, ObservedPart, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanCheck, PlanProblem } from '#core/model/plan.ts';

const PARTS: Record<ObservedPart, string> = {
  exceptions: 'The exceptions',
  settings: 'The settings',
  records: 'The records',
  extension: 'The extension',
  interfaces: 'The interfaces',
  places: 'The locations',
  session: 'The session',
  subscriptions: 'The subscriptions',
  sets: 'The replication sets',
  slots: 'The slots',
  table: 'The table',
  tables: 'The tables',
  sequences: 'The sequences',
  rows: 'The rows',
  schema: 'The schema',
  ddl: 'What the statement is about',
  room: 'The limits',
  applied: 'The applied positions',
};

/** Gathers what forbids a plan; a planner goes on after the first, so that all is said at once. */
export class Grounds {
  readonly problems: PlanProblem[] = [];
  readonly checks: PlanCheck[] = [];
  /** Of the cluster's main engine, or of the one that is to be deployed. */
  readonly changes: Changes;
  readonly #observed: Observed;
  #what = '';

  constructor(observed: Observed) {
    this.#observed = observed;
    this.changes = changesOf(observed.engine);
  }

  /** For what is said of one thing among several: its checks are given its name when they are taken. */
  about(what: string): Grounds {
    const own = new Grounds(this.#observed);
    own.#what = what;
    return own;
  }

  /** Of several things what is well goes without saying. */
  take(from: Grounds): void {
    this.problems.push(...from.problems);
    const said = from.checks.filter(({ result }) => result !== 'ok');
    this.checks.push(...said.map((check) => ({ ...check, name: `${check.name} of ${from.#what}` })));
  }

  /** Of the engine that this subscription is of. */
  changesFor(subscription: ObservedSubscription): Changes {
    return changesOf(subscription.engine ?? this.#observed.engine);
  }

  problem(node: string | null, code: string, message: string, remedy: string): void {
    this.problems.push({ node, code, message, remedy });
  }

  ok(node: string | null, name: string, value: string): void {
    this.checks.push({ node, name, result: 'ok', value, step: null });
  }

  todo(node: string | null, name: string, value: string, step: string): void {
    this.checks.push({ node, name, result: 'todo', value, step });
  }

  /** What the plan cannot help and whoever agrees to it has to know, with its numbers. */
  know(node: string | null, name: string, value: string): void {
    this.checks.push({ node, name, result: 'know', value, step: null });
  }

  /** A check that forbids the plan is a problem as well. */
  stop(
    node: string | null,
    name: string,
    value: string,
    problem: { code: string; message: string; remedy: string },
  ): void {
    this.checks.push({ node, name, result: 'stop', value, step: null });
    this.problem(node, problem.code, problem.message, problem.remedy);
  }

  /** Whether the console has a DSN for it. */
  knows(name: string): boolean {
    return this.#observed.nodes?.some((each) => each.name === name) === true;
  }

  /** What a node said; null, and a problem, where the plan cannot do without and it said nothing. */
  need(name: string): ObservedFacts | null {
    const node = this.#observed.nodes?.find((each) => each.name === name);
    if (node === undefined) {
      this.problem(
        name,
        'no-node',
        `The cluster has no node ${name}.`,
        'Choose one of its nodes, or add the node.',
      );
      return null;
    }
    if (node.read.ok) return this.#primary(name, node.read.facts);
    if (node.read.answered === true) {
      this.stop(name, 'Read', node.read.error, {
        code: 'unread',
        message: `${name} answered but could not be read: ${node.read.error}`,
        remedy: 'Fix what its server reports, then plan again.',
      });
      return null;
    }
    this.stop(name, 'Reachable', node.read.error, {
      code: 'unreachable',
      message: `${name} could not be read: ${node.read.error}`,
      remedy: 'Bring it back, then plan again.',
    });
    return null;
  }

  /** Nothing can be changed on a standby, and its slots and subscriptions are not those of its primary. */
  #primary(name: string, facts: ObservedFacts): ObservedFacts | null {
    if (facts.recovery !== true) return facts;
    const where = facts.where === undefined ? '' : ` at ${facts.where}`;
    if (!this.problems.some((each) => each.node === name && each.code === 'standby')) {
      this.stop(name, 'Primary', 'a standby (in recovery)', {
        code: 'standby',
        message: `${name}${where} is a standby (in recovery).`,
        remedy: 'Give the DSN of its primary, or both hosts with target_session_attrs=read-write.',
      });
    }
    return null;
  }

  /** Whether this part of a node was read; a problem where it was not, since the plan goes by it. */
  read(name: string, facts: ObservedFacts, part: ObservedPart): boolean {
    const why = facts.unread?.[part];
    if (why === undefined) return true;
    if (!this.problems.some((each) => each.node === name && each.message.includes(why))) {
      this.stop(name, 'Read', `${PARTS[part]} could not be read`, {
        code: 'unread',
        message: `${PARTS[part]} of ${name} could not be read: ${why}`,
        remedy: 'Find out what blocks this there, for instance a lock, then plan again.',
      });
    }
    return false;
  }

  /** What a node said; null where it is unknown, a standby, or said nothing, which is no problem here. */
  may(name: string | null): ObservedFacts | null {
    const node = this.#observed.nodes?.find((each) => each.name === name);
    return node?.read.ok === true && node.read.facts.recovery !== true ? node.read.facts : null;
  }

  /** The receiver's subscription; null, and a problem, where it has none of that name. */
  subscription(receiver: string, name: string): ObservedSubscription | null {
    const facts = this.need(receiver);
    if (facts === null || !this.read(receiver, facts, 'subscriptions')) return null;
    const found = facts.subscriptions.find((each) => each.name === name);
    if (found === undefined) {
      this.problem(
        receiver,
        'no-subscription',
        `${receiver} has no subscription ${name}.`,
        'It may have been dropped or renamed; see the list of subscriptions.',
      );
      return null;
    }
    return found;
  }
}
