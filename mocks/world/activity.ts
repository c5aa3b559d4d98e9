/** What happened, told from one snapshot to the next in the backend's words. */
import type { ActivityItem } from '#core/contract/history.ts';
import type { Finding } from '#core/model/finding.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';

export type Line = Omit<ActivityItem, 'id' | 'cluster' | 'run'>;

/** A link must keep its new state this long to be news. */
const SETTLE_MS = 3000;
/** A finding that is gone this long is over. */
const CLEAR_MS = 5000;

type LinkWord = LinkSnapshot['state'] | 'behind';

/** Remembers what was told of one cluster, so that only news is told. */
export class Teller {
  #nodes = new Map<string, NodeSnapshot['state']>();
  #downSince = new Map<string, number>();
  #links = new Map<string, { told: LinkWord | null; word: LinkWord; since: number }>();
  #findings = new Map<string, { finding: Finding; goneAt: number | null }>();
  #first = true;

  follow(snapshot: Snapshot, at: number): Line[] {
    const up = new Set(snapshot.nodes.filter((node) => node.state === 'up').map((node) => node.name));
    const lines = [
      ...snapshot.nodes.flatMap((node) => this.#node(node, at)),
      ...snapshot.links.flatMap((link) => this.#link(link, up, at)),
      ...this.#findingsOf(snapshot, up, at),
    ];
    const wasFirst = this.#first;
    this.#first = false;
    return wasFirst ? [] : lines;
  }

  #node(node: NodeSnapshot, at: number): Line[] {
    const before = this.#nodes.get(node.name);
    this.#nodes.set(node.name, node.state);
    if (before === node.state) return [];
    const since = node.since === null ? at : Date.parse(node.since);
    const subject = { node: node.name };
    const why = node.error === null ? '' : `: ${node.error.message}`;
    if (node.state === 'down') {
      this.#downSince.set(node.name, since);
      return [line('node', 'critical', since, `${node.name} does not answer${why}`, subject)];
    }
    if (node.state === 'unknown' && node.error !== null)
      return [line('node', 'warning', since, `${node.name} cannot be read${why}`, subject)];
    if (node.state !== 'up' || before !== 'down') return [];
    const away = at - (this.#downSince.get(node.name) ?? at);
    return [line('node', 'info', at, `${node.name} answers again after ${duration(away)}`, subject)];
  }

  #link(link: LinkSnapshot, up: ReadonlySet<string>, at: number): Line[] {
    const word: LinkWord = link.state === 'replicating' && link.behind ? 'behind' : link.state;
    const key = linkKey(link);
    const known = this.#links.get(key);
    if (!known) {
      this.#links.set(key, { told: word === 'unknown' ? null : word, word, since: at });
      return [];
    }
    // While one end is not readable, the link's state follows from that.
    if (!up.has(link.provider) || !up.has(link.receiver)) {
      known.word = 'unknown';
      return [];
    }
    if (known.word !== word) {
      known.word = word;
      known.since = at;
    }
    if (word === 'unknown' || known.told === word || at - known.since < SETTLE_MS) return [];
    const before = known.told;
    known.told = word;
    return before === null ? [] : [linkLine(link, word, before, known.since)];
  }

  #findingsOf(snapshot: Snapshot, up: ReadonlySet<string>, at: number): Line[] {
    const lines: Line[] = [];
    const seen = new Set(snapshot.findings.map((finding) => finding.id));
    for (const finding of snapshot.findings) {
      if (!this.#findings.has(finding.id) && finding.code !== 'node-unreachable')
        lines.push(line('finding', finding.severity, at, finding.title, finding.subject));
      this.#findings.set(finding.id, { finding, goneAt: null });
    }
    for (const [id, known] of this.#findings) {
      if (seen.has(id)) continue;
      known.goneAt ??= at;
      const { subject, title, code } = known.finding;
      const names = [subject.node, subject.provider, subject.receiver].filter((name) => name !== undefined);
      const hidden = names.some((name) => !up.has(name)) && up.size < snapshot.nodes.length;
      if (at - known.goneAt < CLEAR_MS || hidden) continue;
      this.#findings.delete(id);
      if (code !== 'node-unreachable')
        lines.push(line('finding', 'info', known.goneAt, `No longer: ${title}`, subject));
    }
    return lines;
  }
}

function linkLine(link: LinkSnapshot, word: LinkWord, before: LinkWord, at: number): Line {
  const name = `${link.provider} → ${link.receiver}`;
  const subject = { provider: link.provider, receiver: link.receiver };
  switch (word) {
    case 'replicating':
      return line(
        'link',
        'info',
        at,
        `${name} ${before === 'behind' ? 'has caught up' : 'replicates'}`,
        subject,
      );
    case 'behind': {
      const lag = link.lagSeconds === null ? '' : `, ${duration(link.lagSeconds * 1000)}`;
      return line('link', 'warning', at, `${name} is behind${lag}`, subject);
    }
    case 'missing':
      return line('link', 'warning', at, `${name} is missing: no subscription stands there`, subject);
    case 'initializing':
      return line('link', 'info', at, `${name} is initializing`, subject);
    case 'disabled':
      return line('link', 'warning', at, `${name} is disabled`, subject);
    default:
      return line(
        'link',
        'critical',
        at,
        `${name} is ${word}${link.reason ? `: ${link.reason}` : ''}`,
        subject,
      );
  }
}

function line(
  kind: Line['kind'],
  severity: Line['severity'],
  at: number,
  text: string,
  subject: Line['subject'],
): Line {
  return { at: new Date(at).toISOString(), kind, severity, text, subject };
}

/** `3 h 12 m`: two units at most. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}
