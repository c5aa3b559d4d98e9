/** What stands in the wizard, and what of it is sent. Pure but for a counter. */

import type { DeployAnswers, DeployDraft, DeployServers } from '#core/model/deploy.ts';

export const LEAST = 2;
export const MOST = 16;
/** What stands for a password that the console keeps. */
export const MASK = '••••';

export interface NodeRow {
  /** Its own for as long as the page stands, so that a row keeps its focus when one above it goes. */
  key: number;
  /** Counts the changes of its addresses over all rows: what was read of an earlier one is not this one's. */
  edit: number;
  name: string;
  dsn: string;
  peerDsn: string;
  location: string;
}

export interface Form extends Omit<DeployAnswers, 'nodes'> {
  rows: NodeRow[];
}

let counter = 0;
export const nextEdit = (): number => {
  counter += 1;
  return counter;
};

const emptyRow = (name: string): NodeRow => ({
  key: nextEdit(),
  edit: counter,
  name,
  dsn: '',
  peerDsn: '',
  location: '',
});

/** The first of n1, n2, … that no row has. */
export function freeNode(rows: Pick<NodeRow, 'name'>[]): string {
  for (let number = 1; ; number += 1) {
    const name = `n${number}`;
    if (!rows.some((row) => row.name === name)) return name;
  }
}

export const withRow = (rows: NodeRow[]): NodeRow[] =>
  rows.length >= MOST ? rows : [...rows, emptyRow(freeNode(rows))];

/** Answers of nothing yet: three rows, since three is what most deploy. */
export const EMPTY: DeployAnswers = {
  name: '',
  nodes: ['n1', 'n2', 'n3'].map((name) => ({ name, dsn: '', peerDsn: null, location: null })),
  tables: 'all',
  sequences: [],
  dataFrom: null,
  ddlReplication: true,
  sourceChosen: false,
};

export function formOf({ nodes, ...answers }: DeployAnswers): Form {
  let rows = nodes.map((node) => ({
    key: nextEdit(),
    edit: counter,
    name: node.name,
    dsn: node.dsn,
    peerDsn: node.peerDsn ?? '',
    location: node.location ?? '',
  }));
  while (rows.length < LEAST) rows = withRow(rows);
  const { name, tables, sequences, dataFrom, ddlReplication, sourceChosen } = answers;
  return { name, tables, sequences, dataFrom, ddlReplication, sourceChosen, rows };
}

export function answersOf({ rows, ...answers }: Form): DeployAnswers {
  return {
    ...answers,
    nodes: rows.map(({ name, dsn, peerDsn, location }) => ({
      name: name.trim(),
      dsn: dsn.trim(),
      peerDsn: peerDsn.trim() || null,
      location: location.trim() || null,
    })),
  };
}

/** Equal as long as nothing that is sent has changed. Addresses stand in it by their edits, so no password does. */
export function markOf({ rows, ...answers }: Form): string {
  return JSON.stringify([
    answers,
    rows.map(({ edit, name, location }) => [edit, name.trim(), location.trim()]),
  ]);
}

/** Equal as long as the same servers are compared under the same names. */
export const nodesMark = (rows: NodeRow[]): string =>
  JSON.stringify(filled(rows).map(({ edit, name }) => [edit, name]));

export const filled = (rows: NodeRow[]): NodeRow[] => rows.filter((row) => row.dsn.trim() !== '');

/** The addresses in a pasted text, one a line; fewer than two are an ordinary paste. */
export function pastedDsns(text: string): string[] {
  const lines = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim().replace(/^["']|["',;]+$/g, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.length < 2 ? [] : lines;
}

/** Rows with the addresses put in from one row on; rows that are wanting are added, up to sixteen. */
export function fillRows(rows: NodeRow[], from: number, dsns: string[]): { rows: NodeRow[]; left: number } {
  let next = [...rows];
  let at = from;
  for (const [index, dsn] of dsns.entries()) {
    if (at >= next.length) next = withRow(next);
    const row = next[at];
    if (!row) return { rows: next, left: dsns.length - index };
    next[at] = { ...row, dsn, edit: nextEdit() };
    at += 1;
  }
  return { rows: next, left: 0 };
}

/** The password of this row is no longer known: it was kept only for the address as it stood. */
export const passwordLost = (dsn: string, known: ReadonlySet<string>): boolean =>
  dsn.includes(MASK) && !known.has(dsn);

/** Masked addresses whose passwords the console has: as it gave them back. */
export const knownDsns = (draft: Pick<DeployAnswers, 'nodes'>): Set<string> =>
  new Set(draft.nodes.flatMap((node) => [node.dsn, node.peerDsn ?? '']));

/** What is planned: the rows that have an address; whose data seeds the others follows `suggested` unless chosen. */
export function requestOf(draft: DeployDraft, name: string, suggested: string | null): DeployServers {
  return {
    kind: 'deploy',
    target: 'servers',
    name: draft.name || name,
    nodes: draft.nodes.filter((node) => node.dsn !== ''),
    tables: draft.tables,
    sequences: draft.sequences,
    dataFrom: draft.sourceChosen ? draft.dataFrom : suggested,
    ddlReplication: draft.ddlReplication,
    draft: draft.id,
  };
}
