/** DDL of a request: parsed here, and asked about on every node, before any of them sees it. */
import type { Changes } from '#core/engines/changes.ts';
import type { ObservedNode, ParsedSql } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { ddlQuestion, decodeDdl } from '#core/plan/ddl/questions.ts';
import { readDdl, statementText } from '#core/plan/ddl/read.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';
import { parseSql } from './parse-sql.ts';

/** Puts `ddl` into the facts of each node; what the parser said, by the text. Null: the request has none. */
export async function observeDdl(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  { cluster, ddl }: Changes,
): Promise<Record<string, ParsedSql> | null> {
  if (request.kind !== 'ddl') return null;
  const parsed = await parseSql(request.sql);
  const statements = parsed.ok ? readDdl(parsed.tree) : [];
  if (statements.length > 0 && statements.every(({ refused }) => refused === null)) {
    const text = ddlQuestion(statements, {
      memberships: (relation) => cluster.memberships(relation),
      discarded: ddl.discarded(statementText(request.sql)),
    });
    await Promise.all(
      nodes.map(async ({ name, dsn }) => {
        const read = observed.find((each) => each.name === name)?.read;
        if (read?.ok !== true) return;
        const asked = await withNode(dsn, async (connection) => {
          const answer = await question(connection, text);
          if (!answer.ok) return { ok: false, error: answer.error.message };
          if (answer.value[0] !== undefined) read.facts.ddl = decodeDdl(answer.value[0]);
          return read;
        }).catch((error: Error) => ({ ok: false as const, error: error.message }));
        if (!asked.ok) read.facts.unread = { ...read.facts.unread, ddl: asked.error };
      }),
    );
  }
  return { [request.sql]: parsed };
}
