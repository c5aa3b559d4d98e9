import { EventEmitter } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { type Input, watchEnter } from './terminal.ts';

class FakeInput extends EventEmitter {
  isTTY = true;
  reads = false;
  resume(): this {
    this.reads = true;
    return this;
  }
  pause(): this {
    this.reads = false;
    return this;
  }
}

afterEach(() => {
  process.removeAllListeners('SIGCONT');
});

function watched(input: FakeInput, foreground: () => boolean) {
  const onEnter = vi.fn();
  const done = watchEnter(input as unknown as Input, onEnter, async () => foreground());
  return { onEnter, done };
}

it('calls at each line that is typed', async () => {
  const input = new FakeInput();
  const { onEnter, done } = watched(input, () => true);
  expect(await done).toBe(true);
  expect(input.reads).toBe(true);
  input.emit('data', '\n');
  input.emit('data', 'something\n');
  expect(onEnter).toHaveBeenCalledTimes(2);
  // A terminal that was closed.
  input.emit('error', new Error('EIO'));
});

it('leaves alone what is no terminal', async () => {
  const input = new FakeInput();
  input.isTTY = false;
  expect(await watched(input, () => true).done).toBe(false);
  expect([input.reads, input.listenerCount('data')]).toEqual([false, 0]);
});

it('does not read in the background, where the system would stop it, and follows bg and fg', async () => {
  const input = new FakeInput();
  let foreground = false;
  expect(await watched(input, () => foreground).done).toBe(false);
  expect(input.reads).toBe(false);
  foreground = true;
  process.emit('SIGCONT');
  await vi.waitFor(() => expect(input.reads).toBe(true));
  foreground = false;
  process.emit('SIGCONT');
  await vi.waitFor(() => expect(input.reads).toBe(false));
});
