/** Names are what PostgreSQL allows: whatever stands in one, no statement of a plan has a piece of it outside of quotes. */
import { expect, test } from 'vitest';
import type { ObservedNode } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { cluster, down, facts, node, setTable, shown, table } from '#core/testing/nodes.ts';
import { observedSetting } from '#core/testing/setting.ts';
import { planChange } from './planners.ts';

const HOSTILE = [
  "EVIL'; DROP TABLE t; --",
  'EVIL"; DROP TABLE t; --',
  "EVIL\\'; DROP TABLE t; --",
  'EVIL\\',
  'EVIL$$; DROP TABLE t; $$',
  'EVIL$tricorder$; DROP TABLE t',
  'EVIL*/ DROP TABLE t /*',
  "EVIL\n\\! touch /tmp/x\n'",
  'EVIL`touch /tmp/x`$(touch /tmp/x)',
  "EVIL')::regclass); DROP TABLE t; --",
  "EVIL%s %I $1 :name :'name'",
  'EVIL\u202E;\u001B[2J',
  '👾EVIL 数据',
];

/** What is left of a text when all that stands in quotes is taken out: literals (E'' too), identifiers and dollar quotes. */
function outsideOfQuotes(text: string): string {
  return text.replace(/\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1/g, ' ');
}

/** A cluster in which all that has a name has this one. */
function named(name: string): ObservedNode[] {
  const own = (each: string) => {
    const { subscriptions, slots } = facts(each);
    return {
      altersOptions: true,
      settings: { output_plugin_libraries: observedSetting(), 'spock.channel': observedSetting() },
      interfaces: subscriptions.flatMap(({ provider }) => [
        { node: provider ?? '', name: 'old', usedBy: [name], own: false },
        { node: provider ?? '', name, usedBy: [], own: false },
      ]),
      subscriptions: subscriptions.map((one) => ({
        ...one,
        name,
        options: { applyDelaySeconds: 0, skipSchema: [] },
      })),
      slots: [
        ...slots,
        { name, plugin: 'spock_output', database: 'shop', active: false, walHeldBytes: 9, begun: false },
      ],
      sets: [{ name, insert: true, update: true, delete: true }],
      table: table({ memberships: [] }),
      tables: [
        setTable({
          schema: name,
          table: name,
          memberships: [{ set: name, columns: [name], rowFilter: name }],
        }),
        setTable({ schema: name, table: 'b', memberships: [] }),
        setTable({ schema: name, table: 'c', memberships: [] }),
      ],
      sequences: [{ schema: name, sequence: name, sets: [] }],
    };
  };
  return ['n1', 'n2', 'n3'].map((each) => node(each, own(each)));
}

const requests = (name: string): PlanRequest[] => {
  const sub = { cluster: 'shop', receiver: 'n2', subscription: name };
  const member = { cluster: 'shop', nodes: ['n1'], set: name, schema: name, table: name };
  return [
    { kind: 'subscription-enable', ...sub },
    { kind: 'subscription-disable', ...sub },
    { kind: 'subscription-drop', ...sub },
    { kind: 'subscription-create', cluster: 'shop', provider: name, receiver: 'n2' },
    { kind: 'subscription-skip', ...sub, lsn: '0/19D13C8' },
    { kind: 'mesh-complete', cluster: 'shop' },
    { kind: 'subscription-interface', ...sub, interface: name },
    { kind: 'subscription-options', ...sub, skipSchema: [name] },
    { kind: 'subscription-sets', ...sub, add: ['default', name], remove: [] },
    { kind: 'subscription-sets', ...sub, add: [], remove: ['default'] },
    { kind: 'set-add-table', ...member },
    { kind: 'set-remove-table', ...member },
    {
      kind: 'set-tables',
      cluster: 'shop',
      nodes: ['n1'],
      set: name,
      add: ['b', 'c'].map((each) => ({ schema: name, table: each, rowFilter: name, columns: [name] })),
      addSequences: [{ schema: name, sequence: name }],
    },
    { kind: 'table-resync', cluster: 'shop', receiver: 'n2', subscription: name, schema: name, table: name },
    { kind: 'slot-drop', cluster: 'shop', node: 'n1', slot: name },
    { kind: 'node-read-only', cluster: 'shop', node: 'n1', readOnly: true },
    {
      kind: 'node-settings',
      cluster: 'shop',
      nodes: ['n1'],
      settings: [
        { name: 'output_plugin_libraries', value: name },
        { name: 'spock.channel', value: name },
      ],
    },
    { kind: 'node-remove', cluster: 'shop', node: name },
  ];
};

test('the check itself finds what stands outside', () => {
  for (const text of ["SELECT 'a'EVIL'", "SELECT 'a\\'; EVIL --'", 'SELECT "a"EVIL', 'SELECT $$a$$EVIL$$'])
    expect(outsideOfQuotes(text), text).toContain('EVIL');
});

test.each(HOSTILE)('%j', (name) => {
  let statements = 0;
  for (const request of requests(name)) {
    const planned = planChange(request, cluster(...named(name), down(name)));
    for (const step of shown(request, planned).steps)
      for (const text of [...step.sql, ...step.undoSql]) {
        statements += 1;
        expect(outsideOfQuotes(text), `${request.kind}: ${text}`).not.toContain('EVIL');
      }
  }
  // Enable, disable, drop and the sets at least are planned.
  expect(statements).toBeGreaterThan(5);
});
