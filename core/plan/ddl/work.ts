/** What a plan of DDL is about, in one piece. */
import type { ObservedDdl, ObservedFacts } from '#core/model/observed.ts';
import type { ReadStatement } from './read.ts';

export interface DdlNode {
  node: string;
  facts: ObservedFacts;
  ddl: ObservedDdl;
}

export interface DdlWork {
  /** Without the semicolon at its end. */
  text: string;
  statements: ReadStatement[];
  how: 'local' | 'replicated';
  /** The first one is where it begins. */
  nodes: DdlNode[];
}
