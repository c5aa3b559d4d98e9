import { describe, expect, test } from 'vitest';
import { maskDsn, withoutMasked } from '#core/dsn/mask.ts';
import { changesOf } from '#core/engines/registry.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { type ExecutablePlan, step } from '#core/plan/executable.ts';
import { shownPlan } from '#core/plan/shown.ts';
import {
  alike,
  BARE,
  filled,
  oneFilled,
  plannedFor,
  request,
  sequence,
  table,
} from '#core/testing/servers.ts';
import { pgedgeScript } from './pgedge.ts';
import { type MaskedDsn, psqlScript } from './psql.ts';
import { psqlArgument, shWord } from './text.ts';

const masked: MaskedDsn = (node, of) =>
  `host=${of === 'dsn' ? node : `peer-${node}`} dbname=shop password=••••`;
const planOf = (planned: ExecutablePlan) =>
  shownPlan(
    planned,
    { id: 'p', request: request(), cluster: 'orders', createdAt: '2026-11-20T12:00:00.000Z' },
    (node) => masked(node, 'peerDsn'),
  );
const psql = (planned: ExecutablePlan, dsns = masked) => psqlScript(planOf(planned), planned, dsns);
const pgedge = (planned: ExecutablePlan, dsns = masked) => pgedgeScript(planOf(planned), planned, dsns);

const sequences = [sequence('a_id_seq')];
const seeded = plannedFor(
  oneFilled({ settings: BARE, tables: [filled('a')], sequences }, { settings: BARE }),
  {
    dataFrom: 'n1',
  },
);

/** One statement on n1. */
const single = (title: string, text: string, change = {}): ExecutablePlan => ({
  title,
  checks: [],
  problems: [],
  steps: [
    step({
      id: 's',
      title,
      node: 'n1',
      action: {
        type: 'sql',
        node: 'n1',
        timeoutSeconds: 1,
        units: [unit(sql`${text}`, { scope: 'catalog', ...change })],
      },
    }),
  ],
});

describe('quoting', () => {
  test('of psql: a quote is doubled, a backslash means itself, an argument stays on its line', () => {
    expect(psqlArgument("it's")).toBe("'it''s'");
    expect(psqlArgument("password='a\\'b'")).toBe("'password=''a\\\\''b'''");
    expect(psqlArgument('a\nb\tc')).toBe("'a\\nb\\tc'");
    expect(psqlArgument('$x `y` :z "ü"')).toBe('\'$x `y` :z "ü"\'');
  });

  test('of sh: all within single quotes means itself', () => {
    expect(shWord("it's $(rm) `x` \\ \n")).toBe("'it'\\''s $(rm) `x` \\ \n'");
  });

  test.each([
    ['host=a password=s3cr3t dbname=b', 'host=a dbname=b'],
    ["password='s 3' host=a sslpassword=x", 'host=a'],
    ['postgres://u:s3cr3t@a:5432/b?sslmode=require', 'postgres://u@a:5432/b?sslmode=require'],
    ['postgres://u@a/b?password=x&sslmode=require', 'postgres://u@a/b?sslmode=require'],
    ['postgres://u@a/b?password=x', 'postgres://u@a/b'],
    ['host=a', 'host=a'],
  ])('a client is given no mask for a password: %s', (dsn, bare) => {
    expect(withoutMasked(maskDsn(dsn))).toBe(bare);
  });
});

describe('for psql', () => {
  const script = psql(seeded);
  const lines = script.split('\n');

  test('stops at an error, connects where it changes the node, and gives no mask for a password', () => {
    expect(lines).toContain('\\set ON_ERROR_STOP on');
    const connects = lines.filter((line) => line.startsWith('\\connect'));
    expect(connects[0]).toBe("\\connect 'host=n1 dbname=shop'");
    expect(connects.join()).not.toContain('••••');
    // What peers are told is their way, and is to be filled in.
    expect(script).toContain("provider_dsn := 'host=peer-n1 dbname=shop password=••••'");
  });

  test('asks for a restart, and connects anew before it goes on', () => {
    const at = lines.indexOf("\\prompt 'Restart PostgreSQL on n2, then press Enter: ' restarted");
    expect(lines[at + 1]).toBe("\\connect 'host=n2 dbname=shop'");
    expect(lines[at + 3]).toBe('-- until its settings are in force');
  });

  test('each connection first keeps DDL out of the queue to the other nodes', () => {
    const connects = lines.flatMap((line, index) =>
      line.startsWith('\\connect ') ? [lines[index + 1]] : [],
    );
    expect(connects.length).toBeGreaterThan(1);
    expect(new Set(connects)).toEqual(new Set([`${changesOf().local.notQueued};`]));
  });

  test('waits for a copy, then carries the positions of sequences over', () => {
    const at = script.indexOf('synchronize_structure := true');
    const rest = script.slice(at);
    expect(rest.indexOf('DO $wait$')).toBeGreaterThan(0);
    expect(rest.indexOf('DO $wait$')).toBeLessThan(rest.indexOf('\\gset'));
    expect(rest).toContain('SELECT last_value, is_called FROM "public"."a_id_seq" \\gset s0_');
    expect(rest).toContain(
      `SELECT setval('"public"."a_id_seq"'::regclass, :s0_last_value, :'s0_is_called');`,
    );
    expect(script).not.toContain('/* its last_value');
  });

  test('a wait commits between looks, stands in no transaction block, and lasts as long as the step may', () => {
    const end = script.indexOf('the subscriptions of n1 to all 2 peers replicate');
    const block = script.slice(end, script.indexOf('$wait$;', end));
    expect(block).toContain('FOR i IN 1..1200 LOOP');
    expect(block).toContain("'not true within 120 s: %'");
    expect(block).toContain('COMMIT;');
    // BEGIN; of a transaction is never open where a block begins.
    let open = false;
    for (const line of lines) {
      if (/^BEGIN\b.*;$/.test(line)) open = true;
      if (line === 'COMMIT;') open = false;
      if (line.startsWith('DO $')) expect(open).toBe(false);
    }
  });

  test('compares in one transaction a node, printing values alike', () => {
    const compare = psql(plannedFor(alike({ tables: [filled('a')] })));
    expect(
      compare.match(/BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSET LOCAL TimeZone = 'UTC';/g),
    ).toHaveLength(1 * 3);
  });

  test('a name ends neither a comment, nor a block, nor an argument', () => {
    const evil = 'x\nDROP TABLE a; -- $wait$ \\q';
    const planned = single(evil, 'SELECT 1');
    planned.steps.push(
      step({
        id: 'w',
        title: evil,
        node: 'n1',
        riskText: evil,
        commands: [evil],
        action: {
          type: 'wait',
          timeoutSeconds: 1,
          awaited: [{ node: 'n1', text: evil, query: sql`SELECT 'it''s $wait$'` }],
        },
      }),
    );
    const text = psql(planned, () => `host='${evil}'`);
    expect(text.split('\n').filter((line) => /^DROP TABLE/.test(line))).toHaveLength(1);
    // The one is within the literal of the block's own message, which its tag encloses.
    expect(text).toContain('DO $wait1$\n');
    expect(text.match(/\$wait1\$/g)).toHaveLength(2);
    expect(text).toContain("\\connect 'host=''x\\nDROP TABLE a; -- $wait$ \\\\q'''");
  });
});

describe('what stays on its node', () => {
  const local = single('t', 'TRUNCATE a', { scope: 'local' });

  test('runs by psql in one transaction whose first statement keeps it there, and not where that cannot be', () => {
    const script = psql(local);
    const inside = script.slice(script.indexOf('BEGIN;\n'), script.indexOf('COMMIT;'));
    expect(inside.split('\n').filter((line) => !line.startsWith('\\'))).toEqual([
      'BEGIN;',
      'SELECT spock.repair_mode(true);',
      "SELECT set_config('spock.enable_ddl_replication', 'off', true);",
      'TRUNCATE a;',
      '',
    ]);
    expect(script.indexOf('RAISE EXCEPTION')).toBeLessThan(script.indexOf('BEGIN;\n'));
    expect(script.match(/^\\(if|endif)/gm)).toEqual(['\\if', '\\endif', '\\if', '\\endif']);
  });

  test('goes by psql in the script of the pgedge CLI too, in one transaction', () => {
    expect(pgedge(local)).toContain(
      " -1 -c 'SELECT spock.repair_mode(true);' -c 'SELECT set_config('\\''spock.enable_ddl_replication'\\'', '\\''off'\\'', true);' -c 'TRUNCATE a;'",
    );
  });

  test('what goes by itself is in no transaction of its own', () => {
    expect(psql(single('t', 'SELECT 1'))).not.toContain('repair_mode');
  });
});

test('what there is to know stands above all, and its line breaks end no comment', () => {
  const planned = single('t', 'SELECT 1');
  planned.checks.push({
    node: 'n1',
    name: 'Rows',
    result: 'know',
    value: '10 are not\nDROP TABLE a',
    step: null,
  });
  expect(psql(planned)).toContain('-- Know this: n1, Rows: 10 are not DROP TABLE a\n\\set ON_ERROR_STOP');
  expect(pgedge(planned)).toContain('# Know this: n1, Rows: 10 are not DROP TABLE a\nset -e');
});

describe('for the pgedge CLI', () => {
  test('uses its commands where names are plain', () => {
    const script = pgedge(plannedFor(alike({ tables: [table('order_line')] })));
    expect(script).toContain(
      "./pgedge spock node-create n1 'host=peer-n1 dbname=shop password=••••' 'shop'\n",
    );
    expect(script).toContain("./pgedge spock repset-add-table default public.order_line 'shop'\n");
    expect(script).toContain(
      "./pgedge spock sub-create sub_n2n1 'host=peer-n1 dbname=shop password=••••' 'shop' --replication_sets=default,default_insert_only,ddl_sql\n",
    );
    expect(script).not.toMatch(/'(BEGIN|COMMIT);'/);
  });

  test('waits for copies, and carries sequences over by psql', () => {
    const script = pgedge(seeded);
    expect(script).toContain(
      '--synchronize_structure=True --synchronize_data=True\n./pgedge spock sub-wait-for-sync sub_n2n1 ',
    );
    expect(script).toContain("'host=n1 dbname=shop' -At -c 'SELECT format(");
    expect(script).toContain(" | psql -X -v ON_ERROR_STOP=1 'host=n2 dbname=shop'\n");
    expect(script).toContain("echo 'Restart PostgreSQL on n1, then press Enter:'; read -r restarted");
  });

  test('leaves to psql what the CLI would put into SQL as it is', () => {
    const nasty = table('order"; --', { key: [] });
    const script = pgedge(plannedFor(alike({ tables: [nasty] })));
    expect(script).not.toContain('repset-add-table');
    expect(script).toContain(
      `-1 -c 'SELECT spock.repset_add_table('\\''default_insert_only'\\'', '\\''"public"."order""; --"'\\''::regclass);'`,
    );
    const location = pgedge(
      plannedFor(alike({}), { nodes: request().nodes.map((node) => ({ ...node, location: 'x; rm -rf /' })) }),
    );
    expect(location).not.toContain('node-create');
  });

  test('a DSN with quotes or backslashes goes by psql, and a name with a line break stays in its comment', () => {
    const script = pgedge(plannedFor(alike({})), () => "host=a dbname='it\\'s'");
    expect(script).not.toContain('node-create');
    const broken = pgedge(single('x\nrm -rf /', 'SELECT 1'));
    expect(broken).toContain('# x rm -rf /\n');
  });

  test('what belongs together goes in one session, in one transaction where it was one', () => {
    expect(pgedge(single('t', 'SELECT 1', { statements: [sql`LOAD 'x'`, sql`SELECT 2`] }))).toContain(
      "-c 'LOAD '\\''x'\\'';' -c 'SELECT 2;'",
    );
    expect(pgedge(single('t', 'SELECT 1', { transaction: true }))).toContain(" -1 -c 'SELECT 1;'");
  });

  test.each([
    ['postgres://u@h/my%20shop', "'my shop'"],
    ['postgres://u@h/%zz', "'DATABASE'"],
    ["host=a dbname='it\\'s'", "'it'\\''s'"],
    ['host=a', "'DATABASE'"],
  ])('finds the database in %s', (dsn, word) => {
    expect(pgedge(single('t', "SELECT spock.sub_drop('s')"), () => dsn)).toContain(
      `./pgedge spock sub-drop s ${word}\n`,
    );
  });

  test('what the console does by more than statements is there as statements', () => {
    const planned: ExecutablePlan = {
      ...single('t', 'SELECT 1'),
      steps: [
        step({
          id: 'drop',
          title: 'Drop',
          node: 'n1',
          action: { type: 'unsubscribe', node: 'n1', subscription: 'sub_n1n3', provider: 'n3' },
        }),
        step({
          id: 'slots',
          title: 'Slots',
          node: 'n1',
          action: { type: 'drop-slots', node: 'n1', reader: 'n3', slots: ['spk_d_n1_sub_n3n1'] },
        }),
      ],
    };
    const script = pgedge(planned);
    expect(script).toContain(
      "./pgedge spock sub-disable sub_n1n3 'shop' --immediate=True\n./pgedge spock sub-drop sub_n1n3 'shop'\n",
    );
    expect(script).toContain('pg_drop_replication_slot(');
    expect(psql(planned)).toContain("SELECT pg_drop_replication_slot('spk_d_n1_sub_n3n1');");
  });
});
