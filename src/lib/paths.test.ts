import { expect, it } from 'vitest';
import { paths, subjectPath } from './paths.ts';

it('writes names that would break an address', () => {
  expect(paths.node('my cluster', 'n/1?#')).toBe('/clusters/my%20cluster/nodes/n%2F1%3F%23');
  expect(paths.link('c', 'a>b', 'ü')).toBe(`/clusters/c/lag?link=${encodeURIComponent('a>b>ü')}`);
});

it('leads to the page that says most', () => {
  expect(subjectPath('c', { node: 'n1', table: 't', schema: 's' })).toBe('/clusters/c/sets?table=s.t');
  expect(subjectPath('c', { subscription: 'sub', receiver: 'n1', provider: 'n2' })).toBe(
    '/clusters/c/subscriptions/n1/sub',
  );
  expect(subjectPath('c', { provider: 'n2', receiver: 'n1' })).toBe('/clusters/c/lag?link=n2%3En1');
  expect(subjectPath('c', { slot: 'x', node: 'n1' })).toBe('/clusters/c/nodes/n1');
  expect(subjectPath('c', { slot: 'x' })).toBeNull();
});
