/** What the main thread of a page does, from Chromium's own trace. */
import type { CDPSession, Page } from '@playwright/test';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur?: number;
  /** Of the thread's own clock: what others did on the core meanwhile is not in it. */
  tdur?: number;
  args?: { name?: string };
}

export interface Busy {
  /** Milliseconds of the thread's own clock in each second, scripting, style, layout and paint alike. */
  cpuMs: number[];
  /** The same by the wall's clock. */
  wallMs: number[];
}

/** Traces the page for so many seconds. */
export async function mainThread(page: Page, seconds: number): Promise<Busy> {
  const own = await tasksDuring(page, () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
  const begin = Math.min(...own.map(({ ts }) => ts));
  const busy: Busy = { cpuMs: Array(seconds).fill(0), wallMs: Array(seconds).fill(0) };
  for (const { ts, dur = 0, tdur = dur } of own) {
    const second = Math.floor((ts - begin) / 1e6);
    if (second >= seconds) continue;
    busy.cpuMs[second] = (busy.cpuMs[second] ?? 0) + tdur / 1000;
    busy.wallMs[second] = (busy.wallMs[second] ?? 0) + dur / 1000;
  }
  return busy;
}

/** The longest single task while something is done to the page, ms of the thread's own clock: no frame can be drawn meanwhile. */
export async function longestTask(page: Page, act: () => Promise<void>): Promise<number> {
  const tasks = await tasksDuring(page, act);
  return Math.max(...tasks.map(({ dur = 0, tdur = dur }) => tdur)) / 1000;
}

/** What the page's main thread did meanwhile, task by task. */
async function tasksDuring(page: Page, act: () => Promise<void>): Promise<TraceEvent[]> {
  const session = await page.context().newCDPSession(page);
  const events = await traced(session, act);
  await session.detach();
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  // Each task is told twice, as `ThreadControllerImpl::RunTask` too: one of the two counts.
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name === 'RunTask' && mains.has(`${pid}/${tid}`),
  );
  const busiest = busiestThread(tasks);
  return tasks.filter(({ pid, tid }) => `${pid}/${tid}` === busiest);
}

function busiestThread(tasks: TraceEvent[]): string {
  const sums = new Map<string, number>();
  for (const { pid, tid, dur = 0 } of tasks)
    sums.set(`${pid}/${tid}`, (sums.get(`${pid}/${tid}`) ?? 0) + dur);
  const [busiest] = [...sums].sort(([, a], [, b]) => b - a);
  if (busiest === undefined) throw new Error('the trace holds no task of a page');
  return busiest[0];
}

async function traced(session: CDPSession, act: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) events.push(event as unknown as TraceEvent);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'],
    },
  });
  await act();
  const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
  await session.send('Tracing.end');
  await complete;
  return events;
}

/** The value below which the part `share` (0 to 1) of the values lies. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
