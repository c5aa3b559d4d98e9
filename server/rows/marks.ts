/** Waits until what every node has committed so far is applied on all that read from it. Writes nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseLsn } from '#core/lag/lsn.ts';
import { recordEnd } from '#core/rows/positions.ts';
import { POSITION, slotsNow } from '#core/rows/slots-now.ts';
import { Ended, type Reader } from './reader.ts';

/** A slot that confirms nothing more, and is sent nothing more, for so long. */
const STALLED_MS = 60_000;
const LOOK_MS = 20;
const SLOWER_MS = 200;
/** Afterwards looks are slower. */
const SOON_MS = 2000;
/** Subscriptions whose slots do not get on are looked at so often. */
const ASK_MS = 1000;

/** All has arrived; or it cannot be known whether, and why. `code`: it cannot come, or did not. */
export type Arrived = { ok: true } | { ok: false; code: 'cannot-come' | 'not-in-time'; why: string };

/** That `receiver` reads from `provider` by `slot`. */
interface Link {
  provider: string;
  receiver: string;
  slot: string;
  subscription: string;
  delayMs: number;
}

/** `nodes`: those whose rows are read. `providers`: those that may send to them, themselves included. */
export async function allArrived(
  nodes: readonly string[],
  providers: readonly string[],
  reader: Reader,
): Promise<Arrived> {
  const links = await linksInto(nodes, providers, reader);
  if (!Array.isArray(links)) return links;
  const senders = [...new Set(links.map(({ provider }) => provider))];
  const waits = senders.map((provider) =>
    arrivedFrom(
      provider,
      links.filter((link) => link.provider === provider),
      reader,
    ),
  );
  const outcomes = await Promise.all(waits);
  return outcomes.find((outcome) => !outcome.ok) ?? { ok: true };
}

/** Asked anew each time: subscriptions come and go. */
async function linksInto(
  nodes: readonly string[],
  providers: readonly string[],
  reader: Reader,
): Promise<Link[] | Extract<Arrived, { ok: false }>> {
  const { unsubscribing, nodes: engine, marks } = reader.changes;
  const names = new Map<string, string>();
  const reads = new Map<string, Record<string, unknown>[]>();
  await Promise.all(
    [...new Set([...nodes, ...providers])].map(async (node) => {
      const [has] = await reader.look(node, unsubscribing.hasSubscriptions);
      if (has?.there !== true) return;
      const [own] = await reader.look(node, engine.localName);
      if (typeof own?.name === 'string') names.set(own.name, node);
      if (nodes.includes(node)) reads.set(node, await reader.look(node, marks.reads));
    }),
  );
  const links: Link[] = [];
  for (const [receiver, subscriptions] of reads) {
    for (const { name, provider: of, slot, enabled, delay } of subscriptions) {
      const provider = names.get(String(of));
      if (provider === undefined) continue;
      const subscription = String(name);
      const link = { provider, receiver, slot: String(slot), subscription, delayMs: Number(delay) * 1000 };
      if (enabled !== true) return disabled(link);
      links.push(link);
    }
  }
  return links;
}

async function arrivedFrom(provider: string, links: Link[], reader: Reader): Promise<Arrived> {
  const [at] = await reader.look(provider, POSITION);
  let target = recordEnd(parseLsn(String(at?.lsn)) ?? 0n, Number(at?.page));
  const began = performance.now();
  const waiting = new Map(links.map((link) => [link.slot, { link, seen: '', since: began }]));
  let settled = false;
  let asked = began;
  for (;;) {
    const rows = await reader.look(provider, slotsNow([...waiting.keys()]));
    const now = performance.now();
    const flushed = parseLsn(String(rows[0]?.flushed));
    // Beyond what is flushed by now there is no commit that a reading could have seen.
    if (!settled && flushed !== null && now - began > Number(at?.settles)) {
      settled = true;
      if (flushed < target) target = flushed;
    }
    for (const [slot, wait] of [...waiting]) {
      const row = rows.find((each) => each.slot === slot);
      const { link } = wait;
      if (row === undefined) {
        const why = `${link.receiver} receives nothing from ${provider}: its slot ${slot} is gone`;
        return { ok: false, code: 'cannot-come', why };
      }
      const confirmed = parseLsn(typeof row.confirmed === 'string' ? row.confirmed : null);
      if (confirmed !== null && confirmed >= target) {
        waiting.delete(slot);
        continue;
      }
      const seen = `${row.confirmed} ${row.sent}`;
      if (seen !== wait.seen) waiting.set(slot, { link, seen, since: now });
      else if (now - wait.since > STALLED_MS + link.delayMs) return stalled(link, row.active === true);
    }
    if (waiting.size === 0) return { ok: true };
    if (now - asked > ASK_MS) {
      asked = now;
      const ended = await disabledOf(
        [...waiting.values()].map(({ link }) => link),
        reader,
      );
      if (ended !== null) return ended;
    }
    await sleep(now - began < SOON_MS ? LOOK_MS : SLOWER_MS, undefined, { signal: reader.signal }).catch(
      () => {
        throw new Ended();
      },
    );
  }
}

const stalled = ({ provider, receiver, subscription }: Link, active: boolean): Arrived => ({
  ok: false,
  code: 'not-in-time',
  why: `${receiver} has applied nothing more from ${provider} for ${STALLED_MS / 1000} s: ${subscription} ${active ? 'is connected but makes no progress' : 'is not connected'}`,
});

const disabled = ({ provider, receiver, subscription }: Link): Extract<Arrived, { ok: false }> => ({
  ok: false,
  code: 'cannot-come',
  why: `${receiver} applies nothing from ${provider} now: ${subscription} is disabled or gone`,
});

/** The first of these links whose subscription applies nothing any more. */
async function disabledOf(links: readonly Link[], reader: Reader): Promise<Arrived | null> {
  for (const link of links) {
    const reads = await reader.look(link.receiver, reader.changes.marks.reads);
    if (!reads.some(({ name, enabled }) => name === link.subscription && enabled === true))
      return disabled(link);
  }
  return null;
}
