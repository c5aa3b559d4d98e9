import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import type { PlanRequest, PlanStep } from '#core/model/plan.ts';
import { useTypedName } from './typed-name.tsx';

afterEach(cleanup);

type Steps = Pick<PlanStep, 'node' | 'risk'>[];

function Foot({ request, steps = [] }: { request: PlanRequest; steps?: Steps }) {
  const { field, isTyped } = useTypedName(request, steps);
  return (
    <>
      {field}
      <button type="button" disabled={!isTyped}>
        Run
      </button>
    </>
  );
}

const button = () => screen.getByRole('button') as HTMLButtonElement;

it('a slot is dropped once its whole name was typed', () => {
  render(<Foot request={{ kind: 'slot-drop', cluster: 'c', node: 'n1', slot: 'spk_app_n1_sub_n4n1' }} />);
  const name = screen.getByRole('textbox', { name: /^Type the name of the slot/ });
  const type = (value: string) => fireEvent.change(name, { target: { value } });
  expect(button().disabled).toBe(true);
  type('spk_app_n1_sub_n4n');
  expect(button().disabled).toBe(true);
  // Pasted with what stood around it.
  type(' spk_app_n1_sub_n4n1\n');
  expect(button().disabled).toBe(false);
  type('spk_app_n1_sub_n3n1');
  expect(button().disabled).toBe(true);
});

it('a transaction is skipped once the name of the subscription was typed', () => {
  render(
    <Foot
      request={{
        kind: 'subscription-skip',
        cluster: 'c',
        receiver: 'n2',
        subscription: 'sub_n2n1',
        lsn: '0/19D13C8',
      }}
    />,
  );
  const name = screen.getByRole('textbox', { name: /^Type the name of the subscription, sub_n2n1/ });
  expect(button().disabled).toBe(true);
  fireEvent.change(name, { target: { value: 'sub_n2n1' } });
  expect(button().disabled).toBe(false);
});

it('a node is removed once its name was typed', () => {
  render(<Foot request={{ kind: 'node-remove', cluster: 'c', node: 'n3' }} />);
  expect(button().disabled).toBe(true);
  fireEvent.change(screen.getByRole('textbox', { name: /^Type the name of the node, n3/ }), {
    target: { value: 'n3' },
  });
  expect(button().disabled).toBe(false);
});

it('a set is dropped once its name was typed', () => {
  render(<Foot request={{ kind: 'set-drop', cluster: 'c', nodes: ['n1'], set: 'eu' }} />);
  const name = screen.getByRole('textbox', { name: 'Type the name of the set, eu, to drop it' });
  expect(button().disabled).toBe(true);
  fireEvent.change(name, { target: { value: 'eu' } });
  expect(button().disabled).toBe(false);
});

it('settings by which slots are lost ask for the node; others for nothing', () => {
  const request: PlanRequest = {
    kind: 'node-settings',
    cluster: 'c',
    nodes: ['n1', 'n2'],
    settings: [{ name: 'max_slot_wal_keep_size', value: '1GB' }],
  };
  render(<Foot request={request} steps={[{ node: 'n1', risk: 'restart' }]} />);
  expect(button().disabled).toBe(false);
  cleanup();
  render(
    <Foot
      request={request}
      steps={[
        { node: 'n1', risk: 'none' },
        { node: 'n2', risk: 'data' },
      ]}
    />,
  );
  expect(button().disabled).toBe(true);
  fireEvent.change(screen.getByRole('textbox', { name: /^Type the name of the node, n2,/ }), {
    target: { value: 'n2' },
  });
  expect(button().disabled).toBe(false);
});

it('nothing is typed for what can be undone', () => {
  render(
    <Foot
      request={{ kind: 'subscription-disable', cluster: 'c', receiver: 'n1', subscription: 'sub_n2n1' }}
    />,
  );
  expect(screen.queryByRole('textbox')).toBeNull();
  expect(button().disabled).toBe(false);
});
