/** Turns one snapshot after another into what happened: nodes that fall silent, links that change, findings that come and go. */
import type { ActivityItem } from '#core/contract/history.ts';
import type { Finding } from '#core/model/finding.ts';
import { formatSeconds } from '#core/model/format.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';

export type Happening = Omit<ActivityItem, 'id' | 'cluster' | 'run'>;

/** A link must keep its new state this long to be news: a restarting worker passes through three of them. */
const SETTLE_MS = 3000;
/** A finding that is gone this long is over. */
const CLEAR_MS = 5000;
/** Before the title of a finding that is over. */
const NO_LONGER = 'No longer: ';

type LinkWord = LinkSnapshot['state'] | 'behind';

interface LinkMemory {
  settled: LinkWord | null;
  candidate: LinkWord;
  since: number;
}

export class Chronicle {
  readonly #nodes = new Map<string, { state: NodeSnapshot['state']; since: number }>();
  readonly #links = new Map<string, LinkMemory>();
  readonly #open: Map<string, { finding: Finding; goneAt: number | null }>;

  /** `open`: findings that stood when the console last looked; they are not told again. */
  constructor(open: readonly Finding[] = []) {
    this.#open = new Map(open.map((finding) => [finding.id, { finding, goneAt: null }]));
  }

  /** What is new in `snapshot`, taken at `at` (milliseconds). */
  follow(snapshot: Snapshot, at: number): Happening[] {
    const up = new Set(snapshot.nodes.filter((node) => node.state === 'up').map((node) => node.name));
    return [
      ...snapshot.nodes.flatMap((node) => this.#node(node, at)),
      ...snapshot.links.flatMap((link) =>
        up.has(link.provider) && up.has(link.receiver) ? this.#link(link, at) : this.#pause(link),
      ),
      ...this.#findings(snapshot.findings, snapshot.nodes, at),
    ];
  }

  #node(node: NodeSnapshot, at: number): Happening[] {
    const before = this.#nodes.get(node.name);
    if (before?.state === node.state) return [];
    const since = node.since === null ? at : Date.parse(node.since);
    this.#nodes.set(node.name, { state: node.state, since });
    const subject = { node: node.name };
    if (node.state === 'down') {
      const why = node.error === null ? '' : `: ${node.error.message}`;
      return [item('node', 'critical', since, `${node.name} does not answer${why}`, subject)];
    }
    if (node.state === 'unknown' && node.error !== null) {
      return [item('node', 'warning', since, `${node.name} cannot be read: ${node.error.message}`, subject)];
    }
    if (node.state === 'up' && before !== undefined && before.since !== since && before.state !== 'unknown') {
      const text = `${node.name} answers again after ${awayFor(at - before.since)}`;
      return [item('node', 'info', at, text, subject)];
    }
    return [];
  }

  #link(link: LinkSnapshot, at: number): Happening[] {
    const word: LinkWord = link.state === 'replicating' && link.behind ? 'behind' : link.state;
    const key = linkKey(link);
    const memory = this.#links.get(key);
    if (memory === undefined) {
      // The first sight is no news.
      this.#links.set(key, { settled: word === 'unknown' ? null : word, candidate: word, since: at });
      return [];
    }
    if (memory.candidate !== word) {
      memory.candidate = word;
      memory.since = at;
    }
    if (word === 'unknown' || memory.settled === word || at - memory.since < SETTLE_MS) return [];
    const before = memory.settled;
    memory.settled = word;
    if (before === null) return [];
    return [linkItem(link, word, before, memory.since)];
  }

  /** While one end is not readable, the link's state follows from that. */
  #pause(link: LinkSnapshot): Happening[] {
    const memory = this.#links.get(linkKey(link));
    if (memory !== undefined) memory.candidate = 'unknown';
    return [];
  }

  #findings(findings: readonly Finding[], nodes: readonly NodeSnapshot[], at: number): Happening[] {
    const news: Happening[] = [];
    const seen = new Set<string>();
    for (const finding of findings) {
      seen.add(finding.id);
      const known = this.#open.get(finding.id);
      this.#open.set(finding.id, { finding, goneAt: null });
      // Told by the node's own line.
      if (known === undefined && finding.code !== 'node-unreachable') {
        news.push(item('finding', finding.severity, at, finding.title, finding.subject, finding.id));
      }
    }
    const blind = nodes.some((node) => node.state !== 'up');
    for (const [id, known] of this.#open) {
      if (seen.has(id)) continue;
      known.goneAt ??= at;
      if (at - known.goneAt < CLEAR_MS) continue;
      // What was found on a node that cannot be read is not over because it cannot be seen.
      if (blind && nodes.some((node) => node.state !== 'up' && touches(known.finding, node.name))) continue;
      this.#open.delete(id);
      if (known.finding.code === 'node-unreachable') continue;
      news.push(
        item(
          'finding',
          'info',
          known.goneAt,
          `${NO_LONGER}${known.finding.title}`,
          known.finding.subject,
          id,
        ),
      );
    }
    return news;
  }
}

function touches({ subject }: Finding, node: string): boolean {
  return subject.node === node || subject.provider === node || subject.receiver === node;
}

function linkItem(link: LinkSnapshot, word: LinkWord, before: LinkWord, at: number): Happening {
  const name = `${link.provider} → ${link.receiver}`;
  const subject = { provider: link.provider, receiver: link.receiver };
  const why = link.reason === null ? '' : `: ${link.reason}`;
  switch (word) {
    case 'replicating':
      return item(
        'link',
        'info',
        at,
        `${name} ${before === 'behind' ? 'has caught up' : 'replicates'}`,
        subject,
      );
    case 'behind': {
      const lag = link.lagSeconds === null ? '' : `, ${awayFor(link.lagSeconds * 1000)}`;
      return item('link', 'warning', at, `${name} is behind${lag}`, subject);
    }
    case 'initializing':
      return item('link', 'info', at, `${name} is initializing`, subject);
    case 'disabled':
      return item('link', 'warning', at, `${name} is disabled`, subject);
    case 'missing':
      return item('link', 'warning', at, `${name} is missing: there is no subscription`, subject);
    default:
      return item('link', 'critical', at, `${name} is ${word}${why}`, subject);
  }
}

function item(
  kind: Happening['kind'],
  severity: Happening['severity'],
  at: number,
  text: string,
  subject: Happening['subject'],
  finding: string | null = null,
): Happening {
  return { at: new Date(at).toISOString(), kind, severity, text, subject, finding };
}

/** Whole seconds: what happened is told once, and needs no tenths. */
export const awayFor = (ms: number): string => formatSeconds(Math.max(0, Math.round(ms / 1000)));
