/**
 * Health and the overview's sentence: the state of the cluster, worst last, every name a subject. It names every problem:
 * nodes, then links, then what neither of them shows.
 */
import type { Finding, FindingCode } from '#core/model/finding.ts';
import { countOf, formatBytes, formatCount, formatSeconds } from '#core/model/format.ts';
import { linkKey, pairKey } from '#core/model/keys.ts';
import { isRead } from '#core/model/read-nodes.ts';
import type { Health } from '#core/model/scalars.ts';
import type { SentencePart } from '#core/model/sentence.ts';
import { shownText } from '#core/model/shown-text.ts';
import type { LinkSnapshot, LinkState, NodeSnapshot } from '#core/model/snapshot.ts';
import { compareEffects } from './order.ts';
import type { AdviceInput } from './rule.ts';
import { runwayEnd, runwayOf, runwayText } from './runway.ts';

/**
 * The worst of the findings. `ok` is said only of what was checked: with a node not yet polled, or a link or a node of
 * which nothing is known, a cluster without findings is `unknown`.
 */
export function healthOf({ facts, nodes }: AdviceInput, findings: readonly Finding[]): Health {
  if (findings.some(({ severity }) => severity === 'critical')) return 'critical';
  const unpolled = facts.nodes.some((node) => node.observedAt === null && node.error === null);
  if (facts.nodes.length === 0 || unpolled) return 'unknown';
  if (findings.some(({ severity }) => severity === 'warning')) return 'warning';
  const unknown = (state: string) => state === 'unknown';
  // Its exceptions, tables and settings were never read: nothing says that they are well.
  if (facts.nodes.some((node) => isRead(node) && nodes.get(node.name)?.slow == null)) return 'unknown';
  return facts.nodes.some(({ state }) => unknown(state)) || facts.links.some(({ state }) => unknown(state))
    ? 'unknown'
    : 'ok';
}

/** More than these of one kind are counted, and only the worst is named. */
const mostNamed = 2;

export function sentenceOf(input: AdviceInput, findings: readonly Finding[]): SentencePart[] {
  const { nodes } = input.facts;
  if (nodes.length === 0) return [{ text: 'No node is watched yet.' }];
  if (nodes.every((node) => node.observedAt === null && node.error === null)) {
    return [{ text: `${countOf(nodes.length, 'node')}, not polled yet.` }];
  }
  const nodesText = aboutNodes(input);
  const linksText = aboutLinks(input);
  const rest = aboutFindings(input, findings);
  const quiet = nodesText.length === 1 && linksText.quiet && rest.length === 0;
  if (quiet && linksText.parts.length > 0) {
    return merge([text(`${countOf(nodes.length, 'node')} up, `), ...linksText.parts]);
  }
  return merge([...nodesText, ...spaced(linksText.parts), ...spaced(rest)]);
}

const text = (words: string): SentencePart => ({ text: words });
const nodePart = (name: string): SentencePart => ({ text: name, subject: { node: name } });
const linkPart = ({ provider, receiver }: LinkSnapshot): SentencePart => ({
  text: `${provider} → ${receiver}`,
  subject: { provider, receiver },
});
const spaced = (parts: SentencePart[]) => (parts.length === 0 ? [] : [text(' '), ...parts]);

/** Plain pieces that follow each other become one. */
function merge(parts: SentencePart[]): SentencePart[] {
  const merged: SentencePart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last && !last.subject && !part.subject) merged[merged.length - 1] = text(last.text + part.text);
    else merged.push(part);
  }
  // Names of a server stand in it; the subjects keep them as they are.
  return merged.map((part) => ({ ...part, text: shownText(part.text) }));
}

/** One part when all are up. */
function aboutNodes(input: AdviceInput): SentencePart[] {
  const { nodes } = input.facts;
  const up = nodes.filter(isRead);
  const not = nodes.filter((node) => !isRead(node));
  if (not.length === 0) return [text(`${countOf(nodes.length, 'node')} up.`)];
  const parts = [text(`${formatCount(up.length)} of ${countOf(nodes.length, 'node')} up`)];
  for (const node of not.slice(0, mostNamed + 1))
    parts.push(text('; '), nodePart(node.name), text(absence(input, node)));
  const more = not.length - (mostNamed + 1);
  return [...parts, text(more > 0 ? `; and ${formatCount(more)} more.` : '.')];
}

function absence(input: AdviceInput, node: NodeSnapshot): string {
  if (node.state === 'up') return ' is a standby, not the primary';
  if (node.error === null) return ' has not been polled yet';
  if (node.error.code === 'replaced') return ' is not there: another server answers at its address';
  const lasted = formatSeconds(Math.max(0, Math.round((input.at - Date.parse(node.error.since)) / 1000)));
  return node.state === 'down' ? ` has not answered for ${lasted}` : ` has been unreadable for ${lasted}`;
}

/** In the order of how bad they are; `behind` is said with the replicating ones. */
const wordsOfState: { state: LinkState; failing?: boolean; words: string }[] = [
  { state: 'disabled', words: 'disabled' },
  { state: 'initializing', words: 'initializing' },
  { state: 'unknown', words: 'unknown' },
  { state: 'missing', words: 'missing' },
  { state: 'down', failing: false, words: 'down' },
  { state: 'down', failing: true, words: 'failing' },
];

function aboutLinks(input: AdviceInput): { parts: SentencePart[]; quiet: boolean } {
  const links = input.facts.links.filter(
    ({ state }) => state !== 'missing' || input.topology === 'full-mesh',
  );
  if (links.length === 0) return { parts: [], quiet: true };
  const replicating = links.filter(({ state }) => state === 'replicating');
  const behind = worstFirst(
    input,
    'behind',
    replicating.filter((link) => link.behind),
  );
  const head = `${formatCount(replicating.length)} of ${countOf(links.length, 'link')} replicating`;
  if (behind.length === 0 && replicating.length === links.length) {
    return { parts: [text(`${head}, none behind.`)], quiet: true };
  }
  const parts = [text(head), ...aboutBehind(input, behind), text('.')];
  const silent = new Set(input.facts.nodes.flatMap((node) => (isRead(node) ? [] : [node.name])));
  for (const node of silent) parts.push(...aboutSilent(input, links, node));
  const others = links.filter(({ provider, receiver }) => !silent.has(provider) && !silent.has(receiver));
  for (const { state, failing, words } of wordsOfState) {
    const these = worstFirst(
      input,
      words,
      others.filter((link) => link.state === state && (failing === undefined || link.failing === failing)),
    );
    parts.push(...spaced(aboutState(input, these, words)));
  }
  return { parts, quiet: false };
}

/** The furthest behind first, and that one steadily; the others by name, so that they do not change places. */
function worstFirst(input: AdviceInput, what: string, links: LinkSnapshot[]): LinkSnapshot[] {
  const worst = input.memory.named.worst(what, links, linkKey, ({ lagSeconds }) => lagSeconds ?? 0);
  return worst === undefined ? [] : [worst, ...links.filter((link) => link !== worst)];
}

function aboutBehind(input: AdviceInput, behind: LinkSnapshot[]): SentencePart[] {
  const [worst] = behind;
  if (worst === undefined) return [];
  if (behind.length > mostNamed) {
    return [
      text(`, ${formatCount(behind.length)} of them behind: `),
      linkPart(worst),
      text(` by ${lagText(worst)}`),
    ];
  }
  return behind.flatMap((link) => [
    text('; '),
    linkPart(link),
    text(` is ${lagText(link)} behind`),
    ...holding(input, link),
  ]);
}

const lagText = (link: LinkSnapshot) =>
  `${link.lagAtLeast ? 'at least ' : ''}${formatSeconds(link.lagSeconds ?? 0)}`;

/** ` and holds 3.1 GB of WAL on n1, which has room for 3 h 12 m more before …`: only where that is much. */
function holding(input: AdviceInput, link: LinkSnapshot): SentencePart[] {
  const held = link.walHeldBytes;
  if (held === null) return [];
  const runway = runwayOf(input, link.provider, link, held);
  const room = runwayText(runway);
  if (held < input.facts.thresholds.walHeldBytes && room === null) return [];
  return [
    text(` and holds ${formatBytes(held)} of WAL on `),
    nodePart(link.provider),
    text(room === null ? '' : `, which has room for ${room} more ${runwayEnd(input, runway)}`),
  ];
}

/** What a node that cannot be read sends is unknown; what is held for it is known by its peers. */
function aboutSilent(input: AdviceInput, links: LinkSnapshot[], node: string): SentencePart[] {
  const parts: SentencePart[] = [];
  if (links.some(({ provider, state }) => provider === node && state === 'unknown')) {
    parts.push(text(' What '), nodePart(node), text(' sends is unknown'));
  }
  const held = links.filter(({ receiver, walHeldBytes }) => receiver === node && (walHeldBytes ?? 0) > 0);
  const sum = held.reduce((total, link) => total + (link.walHeldBytes ?? 0), 0);
  if (sum === 0) return parts.length === 0 ? [] : [...parts, text('.')];
  parts.push(text(parts.length === 0 ? ' ' : '; '));
  parts.push(...named(held.map(({ provider }) => provider)));
  parts.push(
    text(` ${held.length === 1 ? 'holds' : 'hold'} ${formatBytes(sum)} of WAL for `),
    nodePart(node),
  );
  const shortest = input.memory.named.worst(
    `runway ${node}`,
    held
      .map((link) => ({ link, runway: runwayOf(input, link.provider, link, link.walHeldBytes) }))
      .filter(({ runway }) => runwayText(runway) !== null),
    ({ link }) => linkKey(link),
    // The shorter the worse; a runway that is over is the worst.
    ({ runway }) => 1 / Math.max(runway.seconds ?? 0, 0.001),
  );
  if (shortest) {
    const { link, runway } = shortest;
    parts.push(
      text(', and '),
      nodePart(link.provider),
      text(` has room for ${runwayText(runway)} more ${runwayEnd(input, runway)}`),
    );
  }
  return [...parts, text('.')];
}

function named(nodes: string[]): SentencePart[] {
  if (nodes.length > mostNamed + 1) return [text(countOf(nodes.length, 'peer'))];
  return nodes.flatMap((node, index) => [
    ...(index === 0 ? [] : [text(index === nodes.length - 1 ? ' and ' : ', ')]),
    nodePart(node),
  ]);
}

function aboutState(input: AdviceInput, links: LinkSnapshot[], words: string): SentencePart[] {
  const [worst] = links;
  if (worst === undefined) return [];
  if (links.length > mostNamed) {
    const those = countOf(links.length, 'link');
    return [text(`${those} ${words}: `), linkPart(worst), text(' and others.')];
  }
  const parts = links.flatMap((link, index) => [...(index === 0 ? [] : [text(' and ')]), linkPart(link)]);
  const [only] = links.length === 1 ? links : [];
  return [
    ...parts,
    text(` ${links.length === 1 ? 'is' : 'are'} ${words}`),
    ...(only ? holding(input, only) : []),
    text('.'),
  ];
}

/** What the nodes and links above have said already. */
const saidByState: ReadonlySet<FindingCode> = new Set([
  'node-unreachable',
  'node-replaced',
  'standby',
  'missing-link',
  'subscription-down',
  'apply-loop',
  'slot-bloat',
]);

function aboutFindings(input: AdviceInput, findings: readonly Finding[]): SentencePart[] {
  const unsaid = findings.filter((finding) => !isSaid(input, finding)).sort(compareEffects);
  const warnings = oneOfEachSubject(unsaid.filter(({ severity }) => severity === 'warning'));
  const criticals = oneOfEachSubject(unsaid.filter(({ severity }) => severity === 'critical'));
  return [...list(warnings, 'warning'), ...list(criticals, 'critical finding')].slice(1);
}

/** A subscription to a node that is not watched is of no link, and nothing above has spoken of it. */
function isSaid(input: AdviceInput, { code, subject }: Finding): boolean {
  if (code === 'subscription-down' && subject.receiver !== undefined)
    return input.links.get(subject.provider ?? '', subject.receiver) !== undefined;
  return saidByState.has(code);
}

/** A disabled subscription by an exception is one thing, though more than one rule speaks of it. */
function oneOfEachSubject(findings: Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, subject, title }) => {
    const key = subject.subscription
      ? pairKey(subject.receiver ?? '', subject.subscription)
      : `${code} ${title}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Each with a space before it. */
function list(findings: Finding[], kind: string): SentencePart[] {
  if (findings.length > mostNamed) {
    const [first] = findings;
    if (first === undefined) return [];
    return [
      text(' '),
      { text: first.title, subject: first.subject },
      text(`, and ${countOf(findings.length - 1, `more ${kind}`)}.`),
    ];
  }
  return findings.flatMap((finding) => [
    text(' '),
    { text: finding.title, subject: finding.subject },
    text('.'),
  ]);
}
