import { expect, it } from 'vitest';
import { contract } from '#core/contract/contract.ts';

/** What the page needs to know of a procedure: nothing of its schemas. */
function row(procedure: { '~orpc': { route: { method?: string; path?: string; successStatus?: number } } }) {
  const { method = 'POST', path, successStatus } = procedure['~orpc'].route;
  return successStatus === undefined ? [method, path] : [method, path, successStatus];
}

it('holds the route table that the page loads against the contract', async () => {
  const table = Object.fromEntries(
    Object.entries(contract).map(([domain, procedures]) => [
      domain,
      Object.fromEntries(Object.entries(procedures).map(([name, procedure]) => [name, row(procedure)])),
    ]),
  );
  const lines = Object.entries(table).map(([domain, procedures]) => {
    const inner = Object.entries(procedures).map(
      ([name, value]) => `    "${name}": ${JSON.stringify(value).replaceAll(',', ', ')}`,
    );
    return `  "${domain}": {\n${inner.join(',\n')}\n  }`;
  });
  await expect(`{\n${lines.join(',\n')}\n}\n`).toMatchFileSnapshot('./route-table.json');
});
