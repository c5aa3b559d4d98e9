/** For tests: a console that is led to servers which go wrong by seeds (protocol-fuzz.ts), and what came of it. */
import { spock } from '#core/engines/spock/spock.ts';
import { shownText } from '#core/model/shown-text.ts';
import { probe } from '#server/observe/probe.ts';
import { type ConsoleProcess, type Health, watchHealth } from './console-process.ts';
import { startMesh } from './mesh.ts';
import { PHASES, type Phase, type Spoiled, spoiled } from './protocol-fuzz.ts';
import { recordedAnswers } from './recorded-answers.ts';
import { type Script, scriptedServer } from './scripted-server.ts';

/** What a node of the stand-in answers when the console looks at it. */
export async function answersOfNode(): Promise<Buffer[]> {
  const mesh = await startMesh(1, { subscribed: false });
  try {
    const [node] = mesh.nodes;
    const dsn = (port: number) => `host=127.0.0.1 port=${port} user=admin dbname=demo sslmode=disable`;
    const connections = await recordedAnswers(node?.port ?? 0, async (port) => {
      const outcome = await probe(dsn(port), spock);
      if (!outcome.ok) throw new Error(outcome.error.message);
    });
    return connections.at(-1) ?? [];
  } finally {
    await mesh.stop();
  }
}

export interface FuzzReport {
  tried: Record<Phase, number>;
  /** Codes of the API's faults, and 'fine'. */
  outcomes: Record<string, number>;
  /** Connections of watched nodes, each of which went wrong by a seed of its own. */
  watched: number;
  health: Health;
  peakMegabytes: number;
  /** What should not be. */
  faults: string[];
}

/** As many as the API takes in one request. */
const AT_ONCE = 64;
const WATCHED = 6;
/** Of the watched nodes' connections, apart from all others. */
const WATCH_SEEDS = 1_000_000;

export async function fuzzConsole(
  console: ConsoleProcess,
  answers: readonly Buffer[],
  seeds: { from: number; count: number },
): Promise<FuzzReport> {
  const made = new Map<string, Spoiled>();
  let tlsTurn = 0;
  let watched = 0;
  let saved = false;
  const server = await scriptedServer((user): Script => {
    // To whom the answer to an SSLRequest goes is not known yet: the next one that goes wrong there.
    if (user === null) return spoiled(seeds.from + PHASES.length * tlsTurn++, answers).script;
    const known = made.get(user);
    if (known !== undefined) return known.script;
    // Saved while they do not answer.
    if (!saved) return { startup: (socket) => socket.end() };
    return spoiled(WATCH_SEEDS + seeds.from + watched++, answers).script;
  });
  const tried = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as FuzzReport['tried'];
  const report: FuzzReport = {
    tried,
    outcomes: {},
    watched: 0,
    health: { asked: 0, worstMs: 0, worstRanMs: 0, bad: [] },
    peakMegabytes: 0,
    faults: [],
  };
  const dsnOf = (user: string, tls: boolean) =>
    server.dsn(`user=${user} password=p sslmode=${tls ? 'prefer' : 'disable'}`);
  const health = watchHealth(console);
  try {
    const kept = await console.ask('POST', '/clusters', {
      name: 'watched',
      nodes: Array.from({ length: WATCHED }, (_, n) => ({ dsn: `${dsnOf(`w${n}`, false)} dbname=w${n}` })),
      unreachable: 'keep',
    });
    if (kept.status !== 201)
      throw new Error(`the nodes to watch were not saved: ${JSON.stringify(kept.body)}`);
    saved = true;
    for (let first = seeds.from; first < seeds.from + seeds.count; first += AT_ONCE) {
      const last = Math.min(first + AT_ONCE, seeds.from + seeds.count);
      const batch = Array.from({ length: last - first }, (_, n) => spoiled(first + n, answers));
      for (const one of batch) {
        made.set(`f${one.seed}`, one);
        tried[one.phase]++;
      }
      const nodes = batch.map(({ seed, phase }) => ({ dsn: dsnOf(`f${seed}`, phase === 'tls') }));
      const { status, body } = await console.ask('POST', '/clusters', { name: `fuzz-${first}`, nodes });
      if (status !== 201 && status !== 422)
        report.faults.push(`seeds from ${first}: ${status} ${JSON.stringify(body)}`);
      const issues: { path: (string | number)[]; code: string; message: string }[] = body?.data?.issues ?? [];
      for (const { path, code, message } of issues) {
        const one = batch[Number(path[1])];
        report.outcomes[code] = (report.outcomes[code] ?? 0) + 1;
        if (shownText(message) !== message || message.length > 20_000) {
          report.faults.push(
            `seed ${one?.seed} (${one?.phase}: ${one?.how}): ${JSON.stringify(message.slice(0, 200))}`,
          );
        }
      }
      report.outcomes.fine = (report.outcomes.fine ?? 0) + batch.length - issues.length;
      if (status === 201) await console.ask('DELETE', `/clusters/fuzz-${first}`);
      report.peakMegabytes = Math.max(report.peakMegabytes, console.residentMegabytes ?? 0);
      for (const one of batch) made.delete(`f${one.seed}`);
      if (!console.runs)
        throw new Error(`the console ended at seeds ${first} to ${last - 1}: ${console.log.slice(-2000)}`);
    }
    const { status } = await console.ask('DELETE', '/clusters/watched');
    if (kept.status === 201 && status !== 200)
      report.faults.push(`the watched cluster cannot be forgotten: ${status}`);
  } finally {
    report.health = await health.stop();
    await server.close();
  }
  report.watched = watched;
  for (const line of console.log.split('\n')) {
    if (/unhandled|uncaught/i.test(line)) report.faults.push(line.slice(0, 500));
    if (shownText(line) !== line)
      report.faults.push(`a line of the log is not safe: ${JSON.stringify(line.slice(0, 200))}`);
  }
  return report;
}
