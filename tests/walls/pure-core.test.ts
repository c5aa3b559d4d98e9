/** Core is given the time and never draws a number: the same facts give the same snapshot, findings and plan. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** Whether `name` is read here as what knows the time or draws: `Date` beside `new Date(at)`, `Date.parse`, `Date.UTC`; `Math.random`. */
function isImpure(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isTypeReferenceNode(parent) || ts.isPropertyAssignment(parent)) return false;
  if (ts.isPropertyAccessExpression(parent)) {
    if (parent.expression !== name) return false;
    return name.text === 'Date'
      ? !['parse', 'UTC'].includes(parent.name.text)
      : parent.name.text === 'random';
  }
  if (ts.isNewExpression(parent)) return (parent.arguments?.length ?? 0) === 0;
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword;
  return true;
}

function impureIn(file: string, text: string): string[] {
  if (!/\b(Date|Math)\b/.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && ['Date', 'Math'].includes(node.text) && isImpure(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

it('finds who asks for the time or a random number, in whatever way', () => {
  const text = [
    'const a = Date.now();',
    'const b = new Date();',
    'const c = Math.random();',
    'const d = Date();',
    "const e = Date['now']();",
    'const { random } = Math;',
    'const f: () => number = Date.now;',
    'const g = new Date(at).toISOString();',
    'const h: Date = new Date(Date.UTC(2026, 0));',
    "const i = x instanceof Date ? Math.max(1, 2) : Date.parse('2026-01-01');",
    'const j = { Date: 1 }.Date;',
  ].join('\n');
  expect(impureIn('a.ts', text)).toEqual([1, 2, 3, 4, 5, 6, 7].map((line) => `a.ts:${line}`));
});

it('is nobody in core', () => {
  const files = readdirSync(join(ROOT, 'core'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.ts$/.test(path) && !/\.test\.ts$/.test(path),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(
    files.flatMap((file) => impureIn(`core/${file}`, readFileSync(join(ROOT, 'core', file), 'utf8'))),
  ).toEqual([]);
});
