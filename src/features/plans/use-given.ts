/** DSNs that are typed for one run: a role and its password for all nodes that want one, or an address of its own for a node. */
import { useState } from 'react';
import { withRole } from '#core/dsn/with-role.ts';
import type { NodeRights } from '#core/model/plan.ts';

export interface Given {
  role: string;
  password: string;
  /** By node; what stands here is taken as it is. */
  own: Record<string, string>;
}

export interface GivenForm {
  given: Given;
  change: (change: Partial<Given>) => void;
  changeOwn: (node: string, dsn: string) => void;
  /** By node; null: something is still to be typed. */
  dsns: Record<string, string> | null;
}

/** `known`: by node, how the console reaches it, secrets masked. */
export function useGiven(rights: readonly NodeRights[], known: ReadonlyMap<string, string>): GivenForm {
  const [given, setGiven] = useState<Given>({ role: '', password: '', own: {} });
  return {
    given,
    change: (change) => setGiven((old) => ({ ...old, ...change })),
    changeOwn: (node, dsn) => setGiven((old) => ({ ...old, own: { ...old.own, [node]: dsn } })),
    dsns: dsnsOf(rights, given, known),
  };
}

/** Pure. */
export function dsnsOf(
  rights: readonly NodeRights[],
  { role, password, own }: Given,
  known: ReadonlyMap<string, string>,
): Record<string, string> | null {
  const dsns: Record<string, string> = {};
  for (const { node } of rights) {
    const typed = own[node]?.trim() ?? '';
    const made =
      typed === '' && role.trim() !== '' ? withRole(known.get(node) ?? '', role.trim(), password) : typed;
    if (made === null || made === '') return null;
    dsns[node] = made;
  }
  return dsns;
}
