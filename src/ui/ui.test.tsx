import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { at, START } from '#core/testing/two-nodes.ts';
import { bytes } from '#src/lib/units.ts';
import { FindingItem } from './finding-item.tsx';
import { ArrowText } from './link-name.tsx';
import { Menu } from './menu.tsx';
import { Sentence } from './sentence.tsx';
import { sparkPath } from './spark.tsx';
import { State } from './state.tsx';
import { isSlow, Tape, tickHeight } from './tape.tsx';
import { Age, Time } from './time.tsx';
import { Known, Num } from './value.tsx';

afterEach(cleanup);
const plain = (text: string | null | undefined): string => (text ?? '').replaceAll('\u00a0', ' ');

describe('a time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(START);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ticks as an age and says the whole instant on hover', () => {
    render(<Age since={at(-58)} />);
    const time = screen.getByText(/58/);
    expect(time.getAttribute('data-tip')).toBe('2025-11-20 14:05:34.000 UTC');
    act(() => {
      vi.advanceTimersByTime(3000);
    });
    expect(plain(time.textContent)).toBe('1 m 1 s');
  });

  it('is the clock today', () => {
    render(<Time at={at(-10)} />);
    expect(screen.getByText('14:06:22').getAttribute('dateTime')).toBe(at(-10));
  });
});

describe('a value', () => {
  it('that is not known is the word, never 0', () => {
    render(<Known of={null as number | null} show={(value) => <Num of={bytes(value)} />} />);
    expect(screen.getByText('unknown')).toBeTruthy();
  });
  it('that is 0 was measured', () => {
    const { container } = render(<Known of={0} show={(value) => <Num of={bytes(value)} />} />);
    expect(container.textContent).toBe('0bytes');
  });
  it('that is old is marked', () => {
    const { container } = render(<Known of="0/1" old show={(value) => value} />);
    expect(container.querySelector('.aged')?.textContent).toBe('0/1');
  });
});

describe('a sentence', () => {
  it('links what it names, and reads an arrow as to', () => {
    const { container } = render(
      <Sentence
        parts={[
          { text: '3 nodes up; ' },
          { text: 'n1 → n3', subject: { provider: 'n1', receiver: 'n3' } },
          { text: ' is behind.' },
        ]}
        link={(subject, children) => <a href={`#${subject.provider}-${subject.receiver}`}>{children}</a>}
      />,
    );
    expect(container.querySelector('a')?.getAttribute('href')).toBe('#n1-n3');
    expect(container.textContent).toBe('3 nodes up; n1 to n3 is behind.');
  });
  it('keeps the two names of a link on one line', () => {
    const { container } = render(<ArrowText>the lag of n3 → n2 cannot be read</ArrowText>);
    expect(container.querySelector('.link-name')?.textContent).toBe('n3 to n2');
    expect(container.textContent).toBe('the lag of n3 to n2 cannot be read');
  });
});

it('never shows a state without its word, nor a word without its icon', () => {
  const { container } = render(<State of="down">no answer</State>);
  expect(container.querySelector('svg')?.getAttribute('aria-hidden')).toBe('true');
  expect(container.textContent).toBe('no answer');
});

describe('the poll tape', () => {
  it('hatches polls without an answer as one stretch and counts the others', () => {
    const polls = [1, 2, null, null, 3].map((roundTripMs, second) => ({ at: at(second), roundTripMs }));
    const { container } = render(<Tape polls={polls} label="Polls of n1" />);
    expect(container.querySelectorAll('.no-answer')).toHaveLength(1);
    expect(screen.getByRole('img').getAttribute('aria-label')).toBe('Polls of n1: 3 of 5 polls answered');
  });
  it('grows with the logarithm and marks what is slow against the others', () => {
    expect(tickHeight(0.1)).toBe(2);
    expect(tickHeight(300)).toBe(16);
    expect(tickHeight(10_000)).toBe(16);
    expect([isSlow(4, 1), isSlow(40, 10), isSlow(25, 10)]).toEqual([false, true, false]);
  });
});

it('lifts the pen of a spark where nothing is known', () => {
  const points = [0, 1, 2, 3, 4].map((second) => ({ at: second, value: second === 2 ? null : 1 }));
  const path = sparkPath({ points, from: 0, to: 4, max: 1 });
  expect(path.match(/M/g)).toHaveLength(2);
});

it('opens a menu, moves by arrows, and gives the focus back on Escape', async () => {
  const picked: string[] = [];
  const item = (key: string) => ({ key, label: key, onPick: () => picked.push(key) });
  render(<Menu button="Cluster" label="Clusters" items={[item('one'), item('two')]} />);
  const button = screen.getByRole('button', { name: 'Cluster' });
  button.focus();
  fireEvent.keyDown(button, { key: 'ArrowDown' });
  const menu = await screen.findByRole('menu', { name: 'Clusters' }, { timeout: 10_000 });
  const focused = () => document.activeElement?.textContent;
  await waitFor(() => expect(focused()).toBe('one'));
  const press = (key: string) => fireEvent.keyDown(document.activeElement as Element, { key });
  press('ArrowDown');
  await waitFor(() => expect(focused()).toBe('two'));
  press('ArrowDown');
  await waitFor(() => expect(focused()).toBe('one'));
  press('Escape');
  await waitFor(() => expect(menu.isConnected).toBe(false));
  expect(document.activeElement).toBe(button);
  expect(picked).toEqual([]);
});

describe('the evidence of a finding', () => {
  it('has instants in the zone of the page, and words for what PostgreSQL says as a letter', () => {
    const { container } = render(
      <FindingItem
        open
        finding={{
          id: '1',
          code: 'settings',
          severity: 'warning',
          effect: 'hygiene',
          subject: { node: 'n1' },
          title: 'n1 waits for a restart',
          detail: 'It was set, and is not in force.',
          evidence: [
            { name: 'last answer', value: at(-10) },
            { name: 'pending_restart', value: 't' },
            { name: 'hot_standby', value: 'f' },
            { name: 'error', value: 'true at 2025-11-20T14:06:22Z' },
          ],
          since: at(-10),
          remedy: null,
        }}
      />,
    );
    expect([...container.querySelectorAll('dd')].map((dd) => dd.textContent)).toEqual([
      '2025-11-20 14:06:22.000 UTC',
      'yes',
      'no',
      'true at 2025-11-20T14:06:22Z',
    ]);
  });
});
