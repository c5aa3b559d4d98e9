/**
 * How long what servers send may keep the event loop in one of its turns, all connections together: one endless answer is read
 * in pieces, but a hundred of them at once would keep everybody else waiting for a second.
 */

const TURN_MS = 25;

let spentMs = 0;
let isNextAsked = false;
const waiting: (() => void)[] = [];

/** Now, or in a later turn when this one is spent; in the order of the calls. `work` throws nothing. True: it waits. */
export function inTurn(work: () => void): boolean {
  if (spentMs >= TURN_MS || waiting.length > 0) {
    waiting.push(work);
    askForNext();
    return true;
  }
  run(work);
  askForNext();
  return false;
}

function run(work: () => void): void {
  const start = performance.now();
  work();
  spentMs += performance.now() - start;
}

function askForNext(): void {
  if (isNextAsked) return;
  isNextAsked = true;
  setImmediate(() => {
    isNextAsked = false;
    spentMs = 0;
    let done = 0;
    while (done < waiting.length && spentMs < TURN_MS) run(waiting[done++] as () => void);
    waiting.splice(0, done);
    if (waiting.length > 0) askForNext();
  });
}
