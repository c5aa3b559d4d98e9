/** The statements against what each version was recorded to have, and the engine with such a role. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Capabilities } from '#core/engines/engine.ts';
import { recording, type Version, versions } from '#core/testing/recorded.ts';
import { spock } from './spock.ts';
import {
  spockLineOf,
  spockLines,
  takeBackStatements,
  watchingRoleName,
  watchingStatements,
} from './watching-role.ts';

const fixture = <T>(version: Version, name: string): T =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`./fixtures/spock-${version}/${name}.json`, import.meta.url)), 'utf8'),
  );

const statementsOf = (version: Version) =>
  watchingStatements({ role: 'watcher_1', line: spockLineOf(version) ?? '6.0' }).flatMap(
    ({ statements }) => statements,
  );

describe.each(versions)('the statements for %s', (version) => {
  const all = statementsOf(version).join(';\n');

  test('name only relations, columns and functions that this version has', () => {
    const relations = fixture<Record<string, string[]>>(version, 'relations');
    const functions = fixture<{ name: string }[]>(version, 'functions').map(({ name }) => name);
    for (const [, list, relation] of all.matchAll(/SELECT \(([^)]+)\) ON spock\.(\w+)/g)) {
      const there = relations[relation ?? '']?.map((column) => column.split(' ')[0]);
      for (const column of list?.split(', ') ?? []) expect(there, relation).toContain(column);
    }
    for (const [, list] of all.matchAll(/GRANT SELECT ON (spock\.[^;]+) TO/g)) {
      for (const relation of list?.split(', ') ?? [])
        expect(relations).toHaveProperty(relation.replace('spock.', ''));
    }
    for (const [, name] of all.matchAll(/spock\.(\w+)\(\)/g)) expect(functions).toContain(name);
  });

  test('give no password away', () => {
    expect(all).not.toMatch(/if_dsn|provider_dsn|spock\.queue/);
    expect(all).not.toMatch(/SELECT ON [^;]*spock\.node_interface/);
    // Of sub_show_status() only the function with its owner's rights may speak.
    expect(all).not.toMatch(/GRANT[^;]*sub_show_status/);
  });
});

test('a version belongs to a line', () => {
  expect(['4.0.11', '5.0.11', '5.1.0', '6.0.0-devel', '3.3.6', 'x', null].map(spockLineOf)).toEqual([
    '4.0',
    '5.0',
    '5.0',
    '6.0',
    null,
    null,
    null,
  ]);
});

test('any name of a role is quoted as it has to be', () => {
  const [, role] = watchingStatements({ role: 'Wächter "1"', line: '6.0' });
  expect(role?.statements[0]).toBe('CREATE ROLE "Wächter ""1""" LOGIN CONNECTION LIMIT 10');
  expect(takeBackStatements({ role: 'current_user', line: '6.0' })).toContain('DROP ROLE "current_user"');
});

test('docs/watching-role.md has every statement, word for word', () => {
  const doc = readFileSync(fileURLToPath(new URL('../../../docs/watching-role.md', import.meta.url)), 'utf8');
  for (const line of spockLines) {
    const role = { role: watchingRoleName, line };
    const shown = [
      ...watchingStatements(role).flatMap(({ statements }) => statements),
      ...takeBackStatements(role),
    ];
    for (const statement of shown) expect(doc).toContain(`${statement};`);
  }
});

describe.each(['5.0.11', '6.0.0'] as const)('the engine with a role of %s', (version) => {
  /** What was recorded as a superuser, seen by a role with exactly these grants. */
  function watching(): Capabilities {
    const all = recording(version, 'healthy').nodes[0]?.capabilities as Capabilities;
    const granted = statementsOf(version).join(';\n');
    const columns = new Map(all.columns);
    const refused = new Map<string, Set<string>>();
    for (const [relation, there] of all.columns) {
      if (!relation.startsWith('spock.')) continue;
      const whole = new RegExp(`GRANT SELECT ON [^;]*${relation}\\b`).test(granted);
      const given = [...granted.matchAll(new RegExp(`SELECT \\(([^)]+)\\) ON ${relation} `, 'g'))].flatMap(
        ([, list]) => list?.split(', ') ?? [],
      );
      const seen = [...there].filter((column) => whole || given.includes(column));
      const unseen = [...there].filter((column) => !seen.includes(column));
      if (seen.length > 0) columns.set(relation, new Set(seen));
      else columns.delete(relation);
      if (unseen.length > 0) refused.set(relation, new Set(unseen));
    }
    const functions = new Set(
      [...all.functions].filter(
        (name) =>
          !name.startsWith('spock.') || granted.includes(`${name}(),`) || granted.includes(`${name}() TO`),
      ),
    );
    functions.add('tricorder_status.subscription_status');
    return { ...all, columns, refusedColumns: refused, functions };
  }

  const asked = (capabilities: Capabilities) =>
    [...spock.fastStatements(capabilities), ...spock.slowStatements(capabilities, null)]
      .map(({ sql }) => sql)
      .join(';\n');

  test('asks for the status by the function without passwords, and for nothing refused', () => {
    const text = asked(watching());
    expect(text).toContain('FROM tricorder_status.subscription_status()');
    expect(text).not.toContain('sub_show_status()');
    expect(text).not.toContain('if_dsn');
    expect(text).toContain('FROM spock.get_apply_worker_status()');
    expect(text).toContain('FROM spock.channel_summary_stats');
    expect(text).toContain('FROM spock.exception_log');
  });

  test('asks the same sections as a superuser', () => {
    const all = recording(version, 'healthy').nodes[0]?.capabilities as Capabilities;
    const names = (capabilities: Capabilities) => [
      ...spock.fastStatements(capabilities).map(({ name }) => name),
      ...spock.slowStatements(capabilities, null).map(({ name }) => name),
    ];
    expect(names(watching())).toEqual(names(all));
  });

  test('without that function the status is not asked at all', () => {
    const functions = new Set(watching().functions);
    functions.delete('tricorder_status.subscription_status');
    expect(asked({ ...watching(), functions })).not.toMatch(/subscription_status|sub_show_status/);
  });

  test('counts origins only where view and function behind it may both be used', () => {
    expect(asked(watching())).toContain('FROM pg_replication_origin_status');
    const refusedFunctions = new Set(['pg_catalog.pg_show_replication_origin_status']);
    expect(asked({ ...watching(), refusedFunctions })).not.toContain('FROM pg_replication_origin_status');
  });
});
