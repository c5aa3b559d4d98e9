/** Names of an engine's catalogs and functions stand in its folder alone: elsewhere they are asked of the engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const NAME = /\bspock\.[a-z_]/;

/** Where they may: the engine, the extension that stands in for it, and what is for tests. */
const ITS_OWN = ['core/engines/spock/', 'server/sandbox/standin/', 'core/testing/', 'server/testing/'];

/** Strings, templates and text between tags that hold such a name, with their lines; comments and paths of imports do not count. */
function namesIn(file: string, text: string): string[] {
  if (!NAME.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const isText =
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node) ||
      ts.isJsxText(node);
    if (isText && NAME.test(node.text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = ['core', 'server', 'src', 'mocks'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .map((path) => `${room}/${path}`)
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path))
    .filter((path) => !ITS_OWN.some((folder) => path.startsWith(folder))),
);

it('finds strings, templates and text between tags, and neither comments nor imports', () => {
  const text = [
    "import { spock } from './spock/spock.ts';",
    '// spock.node',
    "const a = 'spock.node';",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
    'const b = `FROM ${a}, spock.subscription`;',
    'const c = <b>spock.node_interface</b>;',
    'const d = spock.name;',
  ].join('\n');
  expect(namesIn('a.tsx', text)).toEqual(['a.tsx:3', 'a.tsx:4', 'a.tsx:5']);
});

it('are in no other file', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => namesIn(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});
