import { describe, expect, test } from 'vitest';
import type { ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { codes, facts, known, mesh, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

type OptionsRequest = Extract<PlanRequest, { kind: 'subscription-options' }>;
const change = (fields: Partial<OptionsRequest>): OptionsRequest => ({
  kind: 'subscription-options',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
  ...fields,
});
const six = (name: string, fields: object = {}): Partial<ObservedFacts> => ({
  engineVersion: '6.0.0',
  altersOptions: true,
  subscriptions: facts(name).subscriptions.map((each) => ({
    ...each,
    options: { applyDelaySeconds: 0, skipSchema: [] },
    ...fields,
  })),
});

test('what differs is changed, and taken back to what was read', () => {
  const request = change({ applyDelaySeconds: 90, forwardOrigins: [], skipSchema: ["o'dd"] });
  const planned = planChange(
    request,
    mesh({ n2: six('n2', { options: { applyDelaySeconds: 2, skipSchema: ['a'] } }) }),
  );
  expect(codes(planned)).toEqual([]);
  const [options, wait] = shown(request, planned).steps;
  expect(options?.sql).toEqual([
    `SELECT spock.sub_alter_options('sub_n2n1', '{"apply_delay":"90 seconds","skip_schema":["o''dd"]}');`,
  ]);
  expect(options?.undoSql).toEqual([
    `SELECT spock.sub_alter_options('sub_n2n1', '{"apply_delay":"2 seconds","skip_schema":["a"]}');`,
  ]);
  expect(wait?.id).toBe('wait:n2');
  expect(known(planned).join()).toContain('1 m 30 s after their commit');
});

test('5.0 is told once a node what to do instead', () => {
  const request = change({
    applyDelaySeconds: 1,
    subscriptions: [{ receiver: 'n2', subscription: 'sub_n2n3' }],
  });
  const planned = planChange(request, mesh());
  expect(codes(planned)).toEqual(['version']);
  expect(planned.problems[0]?.message).toContain('Spock 5.0.11 on n2 cannot change');
  expect(planned.problems[0]?.remedy).toContain('create it again');
});

describe('only', () => {
  const others = (enabled: boolean) => {
    const n2 = six('n2');
    return {
      n2: {
        ...n2,
        subscriptions: (n2.subscriptions ?? []).map((each) =>
          each.name === 'sub_n2n1' ? each : { ...each, enabled },
        ),
      },
    };
  };
  test.each<[string, string[], Partial<OptionsRequest>, Partial<Record<string, Partial<ObservedFacts>>>]>([
    ['where an option is named', ['no-change'], {}, { n2: six('n2') }],
    [
      'when no copy is under way',
      ['copying'],
      { skipSchema: [] },
      { n2: six('n2', { status: 'initializing' }) },
    ],
    ['alone, where it forwards', ['forwarding'], { forwardOrigins: ['all'] }, others(true)],
    ['where it can be restored', ['unread'], { skipSchema: [] }, { n2: six('n2', { options: undefined }) }],
    [
      'where the receiver can delay',
      ['version'],
      { applyDelaySeconds: 1 },
      { n2: { ...six('n2'), standin: true } },
    ],
  ])('%s', (_what, expected, fields, nodes) => {
    expect(codes(planChange(change(fields), mesh(nodes)))).toEqual(expected);
  });

  test('one that forwards beside none that is enabled', () => {
    expect(codes(planChange(change({ forwardOrigins: ['all'] }), mesh(others(false))))).toEqual([]);
  });
});

test('what is so already is done', () => {
  const planned = planChange(change({ applyDelaySeconds: 0, forwardOrigins: [] }), mesh({ n2: six('n2') }));
  expect(planned.steps.map(({ done }) => done)).toEqual([true]);
});
