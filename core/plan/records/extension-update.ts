/** The engine's extension brought to the version that is installed on the server, by the update scripts that came with it. */

import type { AnswerRow } from '#core/engines/observing.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedExtension, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';

type UpdateRequest = Extract<PlanRequest, { kind: 'extension-update' }>;

/** `path`: by which scripts it gets there; null: by none. Nothing of the extension is called. */
export const extensionQuestion = (extension: string): string =>
  `SELECT a.default_version AS available,
    (SELECT p.path FROM pg_extension_update_paths(a.name) p WHERE p.source = a.installed_version AND p.target = a.default_version) AS path
  FROM pg_available_extensions a WHERE a.name = ${quoteLiteral(extension)}`;

export function decodeExtension(row: AnswerRow | undefined): ObservedExtension {
  return {
    available: row?.available == null ? null : String(row.available),
    path: row?.path == null ? null : String(row.path).split('--'),
    library: null,
  };
}

export function planExtensionUpdate(request: UpdateRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const nodes = [...new Set(request.nodes)];
  const steps = nodes.flatMap((node) => updateStep(grounds, node) ?? []);
  return {
    title: `Update extension ${grounds.changes.words.extension} on ${formatNames(nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

function updateStep(grounds: Grounds, node: string): ExecutableStep | null {
  const facts = grounds.need(node);
  if (facts === null || !grounds.read(node, facts, 'extension')) return null;
  const { words } = grounds.changes;
  const to = facts.extension?.available ?? null;
  const from = facts.engineVersion;
  if (to === null || to === from) {
    grounds.stop(node, words.extension, `${from}, nothing newer`, {
      code: 'no-update',
      message: `${node} has ${words.name} ${from}, and its server has no other version installed.`,
      remedy: `Install the new package on the host of ${node} and restart PostgreSQL, then plan again.`,
    });
    return null;
  }
  if (!checkPath(grounds, node, facts, from, to)) return null;
  grounds.todo(node, words.extension, `${from}, then ${to}`, `update:${node}`);
  grounds.know(node, 'Back', `there are no scripts back to ${from}: a rollback leaves ${to}`);
  return step({
    id: `update:${node}`,
    title: `Update ${words.extension} to ${to}`,
    node,
    action: {
      type: 'sql',
      node,
      timeoutSeconds: 120,
      units: [
        unit(sql`ALTER EXTENSION ${words.extension} UPDATE TO ${quoteLiteral(to)}`, {
          scope: 'local',
          already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = ${quoteLiteral(words.extension)} AND extversion = ${quoteLiteral(to)})`,
          object: `extension ${words.extension}`,
          undo: null,
          stays: `extension ${words.extension} on ${node} stays at ${to}: there are no scripts back to ${from}.`,
        }),
      ],
    },
  });
}

function checkPath(grounds: Grounds, node: string, facts: ObservedFacts, from: string, to: string): boolean {
  const { words, versions } = grounds.changes;
  const { path = null, library = null } = facts.extension ?? {};
  if (path === null) {
    grounds.stop(node, words.extension, `no way from ${from} to ${to}`, {
      code: 'no-path',
      message: `On the server of ${node} no update scripts lead from ${words.name} ${from} to ${to}.`,
      remedy: `Install a package of ${words.name} that has them, or one of a version in between.`,
    });
    return false;
  }
  // The stand-in is no library.
  if (library !== null && !facts.standin && !versions.isSame(library, to)) {
    grounds.stop(node, 'Library', library, {
      code: 'restart-first',
      message: `The server of ${node} still runs the library of ${words.name} ${library}: with the catalogs of ${to} its workers would end.`,
      remedy: `Restart PostgreSQL on the host of ${node}, so that it loads the new library, then plan again.`,
    });
    return false;
  }
  if (path.length > 2) grounds.ok(node, 'Update scripts', path.join(' → '));
  return true;
}
