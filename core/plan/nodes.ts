/** What the planners of changes to running nodes have in common. */
import type { PlanCheck, PlanProblem } from '#core/model/plan.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from './observed.ts';

/** Gathers what forbids a plan; a planner goes on after the first, so that all is said at once. */
export class Grounds {
  readonly problems: PlanProblem[] = [];
  readonly checks: PlanCheck[] = [];
  readonly #observed: Observed;

  constructor(observed: Observed) {
    this.#observed = observed;
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
    if (node.read.ok) return node.read.facts;
    this.stop(name, 'Reachable', node.read.error, {
      code: 'unreachable',
      message: `${name} could not be read: ${node.read.error}`,
      remedy: 'Bring it back, then plan again.',
    });
    return null;
  }

  /** What a node said; null where it is unknown or said nothing, which is no problem here. */
  may(name: string | null): ObservedFacts | null {
    const node = this.#observed.nodes?.find((each) => each.name === name);
    return node?.read.ok === true ? node.read.facts : null;
  }

  /** The receiver's subscription; null, and a problem, where it has none of that name. */
  subscription(receiver: string, name: string): ObservedSubscription | null {
    const facts = this.need(receiver);
    if (facts === null) return null;
    const found = facts.subscriptions.find((each) => each.name === name);
    if (found === undefined) {
      this.problem(
        receiver,
        'no-subscription',
        `${receiver} has no subscription ${name}.`,
        'It may have been dropped or renamed; look at the list of subscriptions.',
      );
      return null;
    }
    return found;
  }
}
