/** docs/api.md and docs/options.md name every path and every option that there is, and none that is not. */
import { readFileSync } from 'node:fs';
import { isContractProcedure } from '@orpc/contract';
import { expect, test } from 'vitest';
import { contract } from '#core/contract/contract.ts';
import { HELP } from '#server/options.ts';
import { PROJECT_ROOT } from '#server/project-root.ts';

const doc = (name: string) => readFileSync(`${PROJECT_ROOT}/docs/${name}`, 'utf8');

function routesOf(router: object): string[] {
  return Object.values(router).flatMap((part: object) => {
    if (!isContractProcedure(part)) return routesOf(part);
    const { method, path } = part['~orpc'].route;
    return [`${method} ${path}`];
  });
}

test('docs/api.md has every path of the contract', () => {
  const shown = [...doc('api.md').matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^` ]*)`/g)].map(
    ([, route]) => route,
  );
  // These stand beside the contract: entering is no resource, and the description is made of it.
  const beside = ['POST /session', 'DELETE /session', 'GET /openapi.json', 'GET /metrics'];
  expect([...new Set(shown)].filter((route) => !beside.includes(route ?? '')).sort()).toEqual(
    routesOf(contract).sort(),
  );
});

test('docs/options.md has every option and every variable', () => {
  const words = (text: string) =>
    new Set([...text.matchAll(/--[a-z][a-z-]+|\bTRICORDER_[A-Z_]+|\bPORT\b/g)].map(([word]) => word));
  const shown = words(doc('options.md'));
  for (const word of words(HELP)) expect(shown).toContain(word);
  for (const word of shown) expect(words(HELP)).toContain(word);
});
