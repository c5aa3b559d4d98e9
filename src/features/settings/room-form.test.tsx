import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { at, START } from '#core/testing/two-nodes.ts';
import { RoomText } from './room-form.tsx';

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const GIGABYTE = 1024 ** 3;
const said = {
  source: 'entered' as const,
  freeBytes: 20 * GIGABYTE,
  at: at(-7500),
  heldBytes: 0,
  bytesLeft: 9.7 * GIGABYTE,
};
const words = () => document.body.textContent?.replaceAll('\u00a0', ' ').trim();

it('says what is left of an entered size and how old that is', () => {
  render(<RoomText room={said} />);
  expect(words()).toBe('9.7 GB left of 20 GB, entered 2 h 5 m ago');
});

it('says when what was written since is not counted, and when nothing is left', () => {
  render(<RoomText room={{ ...said, heldBytes: null, bytesLeft: 20 * GIGABYTE }} />);
  expect(words()).toContain('not counting what was written since');
  cleanup();
  render(<RoomText room={{ ...said, bytesLeft: -5 }} />);
  expect(screen.getByText('used up')).toBeDefined();
});

it("tells this machine's disk from one that somebody spoke of, and both from none", () => {
  render(<RoomText room={{ ...said, source: 'machine', freeBytes: 212 * GIGABYTE }} />);
  expect(words()).toBe('212 GB, this machine’s disk');
  cleanup();
  render(<RoomText room={null} />);
  expect(words()).toBe('not given');
});
