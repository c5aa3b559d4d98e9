/** What a request asks of a replication set, in one form for all kinds of requests about tables in sets. */
import type { PlanRequest } from '#core/model/plan.ts';
import type { TableIntoSet } from '#core/model/requests/sets.ts';
import { readPattern, type TablePattern } from './pattern.ts';

interface Named {
  schema: string;
  table: string;
}

interface NamedSequence {
  schema: string;
  sequence: string;
}

/** Patterns: null where there is none, or none that can be read. */
export interface Wanted {
  nodes: string[];
  set: string;
  add: TableIntoSet[];
  remove: Named[];
  pattern: TablePattern | null;
  removePattern: TablePattern | null;
  addSequences: NamedSequence[];
  removeSequences: NamedSequence[];
  /** All that the set has is to be read; `all`: that any set has. */
  wholeSet: boolean | 'all';
}

/** Null: the request is about something else. */
export function wantedOf(request: PlanRequest): Wanted | null {
  const none = {
    pattern: null,
    removePattern: null,
    addSequences: [],
    removeSequences: [],
    wholeSet: false,
  };
  switch (request.kind) {
    case 'set-tables':
      return {
        nodes: [...new Set(request.nodes)],
        set: request.set,
        add: request.add ?? [],
        remove: request.remove ?? [],
        pattern: request.pattern === undefined ? null : readPattern(request.pattern),
        removePattern: request.removePattern === undefined ? null : readPattern(request.removePattern),
        addSequences: request.addSequences ?? [],
        removeSequences: request.removeSequences ?? [],
        wholeSet: false,
      };
    case 'set-add-table':
    case 'set-remove-table': {
      const { set, schema, table } = request;
      const isAdd = request.kind === 'set-add-table';
      const named = [{ schema, table }];
      return {
        ...none,
        nodes: [...new Set(request.nodes)],
        set,
        add: isAdd ? named : [],
        remove: isAdd ? [] : named,
      };
    }
    case 'set-alter':
    case 'set-drop':
      return {
        ...none,
        nodes: [...new Set(request.nodes)],
        set: request.set,
        add: [],
        remove: [],
        wholeSet: true,
      };
    case 'node-add':
      return { ...none, nodes: [request.source], set: '', add: [], remove: [], wholeSet: 'all' };
    default:
      return null;
  }
}
