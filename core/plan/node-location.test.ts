import { expect, test } from 'vitest';
import { cluster, codes, down, known, mesh, node, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = { kind: 'node-location', cluster: 'shop', node: 'n1', location: `L'viv` } as const;
const places = { places: [{ node: 'n1', location: null, country: 'UA' }] };

test('is set on every node that has it in its catalog, what is left out stays, and the old comes back', () => {
  const planned = planChange(request, mesh({ n1: places, n2: places, n3: { places: [] } }));
  expect(codes(planned)).toEqual([]);
  const { steps } = shown(request, planned);
  expect(steps.map(({ id }) => id)).toEqual(['location:n1', 'location:n2']);
  expect(steps[0]?.sql.join('\n')).toContain(
    `UPDATE spock.node SET location = 'L''viv', country = 'UA' WHERE node_name = 'n1';`,
  );
  expect(steps[0]?.undoSql.join('\n')).toContain(`SET location = NULL, country = 'UA'`);
});

test('what is so already is done', () => {
  const so = { places: [{ node: 'n1', location: `L'viv`, country: null }] };
  expect(planChange(request, mesh({ n1: so, n2: so, n3: so })).steps.every(({ done }) => done)).toBe(true);
});

test('another node that does not answer is named; the node itself has to', () => {
  const n3Down = cluster(node('n1', places), node('n2', places), down('n3'));
  expect(known(planChange(request, n3Down))).toEqual([
    'n3 Location: n3 could not be read: it keeps the location of n1 that it has',
  ]);
  expect(codes(planChange(request, cluster(down('n1'), node('n2', places))))).toEqual(['unreachable']);
});

test('not where writes of superusers are refused too, nor where it is not read', () => {
  expect(codes(planChange(request, mesh({ n1: { ...places, readOnly: 'user' }, n2: places })))).toEqual([
    'read-only',
  ]);
  const six = { ...places, readOnly: 'local', engineVersion: '6.0.0' };
  expect(codes(planChange(request, mesh({ n1: six, n2: places })))).toEqual([]);
  expect(codes(planChange(request, mesh({ n1: { unread: { places: 'denied' } } })))).toEqual(['unread']);
});
