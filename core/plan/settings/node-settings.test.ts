import { expect, test } from 'vitest';
import type { ObservedFacts, ObservedSetting } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { SettingChange } from '#core/model/requests/settings.ts';
import { planChange } from '#core/plan/planners.ts';
import { codes, down, facts, known, mesh, NODES, node, shown } from '#core/testing/nodes.ts';
import { observedSetting } from '#core/testing/setting.ts';

const setting = (change: Partial<ObservedSetting>): ObservedSetting =>
  observedSetting({ source: 'configuration file', ...change });
const integer = (value: string, change: Partial<ObservedSetting> = {}) =>
  setting({ type: 'integer', value, beneath: value, min: -1, max: 2147483647, ...change });

const KEEP = 'max_slot_wal_keep_size';
const SLOTS = 'max_replication_slots';
const there = {
  [KEEP]: integer('-1', { unit: 'MB' }),
  [SLOTS]: integer('10', { context: 'postmaster', min: 0 }),
  output_plugin_libraries: setting({ value: 'pgoutput' }),
  track_commit_timestamp: setting({ type: 'bool', value: 'on', context: 'postmaster' }),
  'spock.save_resolutions': setting({ type: 'bool', value: 'off', beneath: 'off' }),
};
const request = (settings: SettingChange[], change: object = {}) =>
  ({ kind: 'node-settings', cluster: 'shop', nodes: ['n1'], settings, ...change }) as Extract<
    PlanRequest,
    { kind: 'node-settings' }
  >;
const plan = (
  settings: SettingChange[],
  n1: Partial<ObservedFacts> = {},
  change: { nodes?: string[]; restart?: 'later' } = {},
) =>
  planChange(
    request(settings, change),
    mesh(Object.fromEntries(NODES.map((name) => [name, { settings: there, ...n1 }]))),
  );
const steps = (...args: Parameters<typeof plan>) => shown(request(args[0]), plan(...args)).steps;

test('a reload is waited for; undone to what ALTER SYSTEM had', () => {
  const [set, wait, ...rest] = steps([{ name: KEEP, value: '10GB' }]);
  expect(set?.sql).toEqual([`ALTER SYSTEM SET ${KEEP} = '10GB';`, 'SELECT pg_reload_conf();']);
  expect(set?.undoSql).toEqual([`ALTER SYSTEM RESET ${KEEP};`, 'SELECT pg_reload_conf();']);
  expect(wait?.sql[0]).toContain('reset_val::float8 = 10240 AND NOT pending_restart');
  expect(rest).toEqual([]);
  const altered = { settings: { [KEEP]: integer('2048', { unit: 'MB', altered: '2GB' }) } };
  expect(steps([{ name: KEEP, value: '10GB' }], altered)[0]?.undoSql[0]).toBe(
    `ALTER SYSTEM SET ${KEEP} = '2GB';`,
  );
});

test('where the files cannot be read it goes back to what was in force, and is not reset', () => {
  const unread = {
    settings: { [KEEP]: integer('2048', { unit: 'MB' }) },
    unread: { settings: 'permission denied' },
  };
  expect(steps([{ name: KEEP, value: '1GB' }], unread)[0]?.undoSql[0]).toBe(
    `ALTER SYSTEM SET ${KEEP} = '2048';`,
  );
  expect(codes(plan([{ name: KEEP, value: null }], unread))).toEqual(['unread']);
});

test('a restart is the operator’s: node after node, and the links in between', () => {
  const planned = plan([{ name: SLOTS, value: '20' }], {}, { nodes: ['n1', 'n2'] });
  expect(planned.steps.map(({ id, risk, after }) => [id, risk, after])).toEqual([
    ['set:n1', 'none', []],
    ['set:n2', 'none', []],
    ['restart:n1', 'restart', ['set:n1']],
    ['links:n1', 'none', ['restart:n1']],
    ['restart:n2', 'restart', ['set:n2', 'links:n1']],
    ['links:n2', 'none', ['restart:n2']],
  ]);
  expect(planned.checks.find(({ node: of }) => of === 'n1')).toMatchObject({
    result: 'todo',
    step: 'restart:n1',
    value: '10, then 20: in force after a restart of n1',
  });
});

test('a restart that is left for later is not called in force', () => {
  const planned = plan([{ name: SLOTS, value: '20' }], {}, { restart: 'later' });
  expect(planned.steps.map(({ id }) => id)).toEqual(['set:n1']);
  expect(known(planned)).toEqual([
    `n1 ${SLOTS}: stays 10 until somebody restarts n1, and is 20 from then on`,
  ]);
  // Written before, and never restarted: the same is still to do.
  const written = { settings: { [SLOTS]: { ...there[SLOTS], altered: '20', pendingRestart: true } } };
  expect(plan([{ name: SLOTS, value: '20' }], written).steps.map(({ id, done }) => [id, done])).toEqual([
    ['set:n1', false],
    ['restart:n1', false],
    ['links:n1', false],
  ]);
});

test('lists are written name by name', () => {
  const name = 'output_plugin_libraries';
  expect(steps([{ name, value: 'pgoutput,spock_output' }])[0]?.sql[0]).toBe(
    `ALTER SYSTEM SET ${name} = 'pgoutput', 'spock_output';`,
  );
});

test('what is so already is done', () => {
  const planned = plan([{ name: SLOTS, value: '10' }]);
  expect(planned.steps.map(({ id, done }) => [id, done])).toEqual([['set:n1', true]]);
});

test('a limit below what a slot holds says which slot is lost, and asks to be read', () => {
  const slots = facts('n1').slots.map((slot, index) => ({ ...slot, walHeldBytes: index * 3 * 1024 ** 3 }));
  const planned = plan([{ name: KEEP, value: '1GB' }], { slots });
  expect(planned.steps[0]).toMatchObject({ risk: 'data' });
  expect(planned.steps[0]?.riskText).toMatch(/sub_n3n1 \(holds 3[.\d]* GB\).*the slot is lost/);
  expect(plan([{ name: KEEP, value: '4GB' }], { slots }).steps[0]?.risk).toBe('none');
});

test('blocked: what the server would not start with', () => {
  const room = (used: number) => ({
    slots: { setting: SLOTS, used, max: 10 },
    senders: { setting: 'max_wal_senders', used: 2, max: 10 },
    workers: { setting: 'max_worker_processes', used: 4, max: 10 },
    origins: { setting: SLOTS, used: 2, max: 10 },
  });
  expect(codes(plan([{ name: SLOTS, value: '3' }], { room: room(4) }))).toEqual(['used-up']);
  expect(codes(plan([{ name: SLOTS, value: '4' }], { room: room(4) }))).toEqual([]);
  expect(codes(plan([{ name: 'track_commit_timestamp', value: 'off' }]))).toEqual(['indispensable']);
});

test('blocked: names and values that are none, and what another plan changes', () => {
  expect(codes(plan([{ name: 'spock.no_such', value: 'x' }]))).toEqual(['no-setting']);
  expect(codes(plan([{ name: KEEP, value: 'much' }], {}, { nodes: ['n1', 'n2'] }))).toEqual(['bad-value']);
  expect(codes(plan([{ name: 'archive_command', value: 'rm' }]))).toEqual(['left-alone']);
  expect(codes(plan([{ name: 'spock.readonly', value: 'user' }]))).toEqual(['left-alone']);
  expect(
    codes(
      plan([
        { name: KEEP, value: '1GB' },
        { name: KEEP, value: null },
      ]),
    ),
  ).toEqual(['contradiction']);
  expect(
    codes(
      planChange(request([{ name: KEEP, value: '1GB' }]), { ...mesh(), nodes: [down('n1'), node('n2')] }),
    ),
  ).toEqual(['unreachable']);
});

test('where ALTER SYSTEM has no effect it says what to write where', () => {
  const fixed = (change: Partial<ObservedSetting>, more: Record<string, ObservedSetting> = {}) =>
    plan([{ name: KEEP, value: '10GB' }], {
      settings: { [KEEP]: integer('-1', { unit: 'MB', ...change }), ...more },
    });
  const byCommand = fixed({ source: 'command line' });
  expect(codes(byCommand)).toEqual(['setting-fixed']);
  expect(byCommand.problems[0]?.remedy).toContain(`then reload the server: ${KEEP} = '10GB'`);
  const forbidden = fixed({}, { allow_alter_system: setting({ value: 'off' }) });
  expect(forbidden.problems[0]?.message).toContain('allow_alter_system = off');
});
