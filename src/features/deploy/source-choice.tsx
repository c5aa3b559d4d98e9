/** Whose structure and rows the others get, and what it means where more than one holds rows. */
import type { TablesLook } from '#core/model/deploy.ts';
import { formatNames } from '#core/model/format.ts';
import { bytesText, plural } from '#src/lib/units.ts';
import { Notice } from '#src/ui/notice.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import type { Form } from './form.ts';

interface Props {
  look: TablesLook;
  source: string | null;
  onChange: (change: Partial<Form>) => void;
}

export function SourceChoice({ look, source, onChange }: Props) {
  const pick = (node: string | null) => onChange({ dataFrom: node, sourceChosen: true });
  const others = look.withRows.filter((node) => node !== source);
  return (
    <section className="section">
      <SectionHead
        title="Whose data seeds the others"
        note="structure and rows, once, before they replicate"
      />
      <fieldset className="source-choice">
        <legend className="sr-only">Whose data seeds the others</legend>
        {look.nodes.map((node) => (
          <Option
            key={node}
            checked={source === node}
            onPick={() => pick(node)}
            name={node}
            says={`${held(look, node)}${node === look.suggestedSource ? '; the only one with rows' : ''}`}
          />
        ))}
        <Option
          checked={source === null}
          onPick={() => pick(null)}
          name="Nothing is copied"
          says={
            look.withRows.length === 0
              ? 'no node holds rows'
              : 'the nodes hold the same tables and rows already; whether they do is compared at the end'
          }
        />
      </fieldset>
      {look.withRows.length > 1 && (
        <Notice state="warning" title={`${formatNames(look.withRows)} hold rows: they are not merged`}>
          {source === null
            ? 'Rows that differ stay as they are on each node, and only changes made from now on replicate. Choose this only if all hold the same rows.'
            : `Spock copies the rows of ${source} into the existing tables on the others, and a row whose key is there already stops the copy. Empty the tables on ${formatNames(others)} first, or leave ${others.length > 1 ? 'them' : 'it'} out; rows that only ${formatNames(others)} ${others.length > 1 ? 'have' : 'has'} would never reach ${source}.`}
        </Notice>
      )}
      {source !== null && !look.withRows.includes(source) && look.withRows.length > 0 && (
        <Notice state="warning" title={`${source} holds no rows`}>
          {`Its structure is copied; the rows of ${formatNames(look.withRows)} stay only there.`}
        </Notice>
      )}
    </section>
  );
}

function Option(props: { checked: boolean; onPick: () => void; name: string; says: string }) {
  return (
    <label className="tick">
      <input type="radio" name="source" checked={props.checked} onChange={props.onPick} />
      <span>
        <b>{props.name}</b> <span className="muted">{props.says}</span>
      </span>
    </label>
  );
}

/** `25 tables, 9.8 GB`; rows are what the server estimates. */
function held(look: TablesLook, node: string): string {
  const own = look.tables.filter((table) => Object.hasOwn(table.bytes, node));
  if (own.length === 0) return 'no tables';
  const bytes = own.reduce((sum, table) => sum + (table.bytes[node] ?? 0), 0);
  return `${plural(own.length, 'table')}, ${bytesText(bytes)}${look.withRows.includes(node) ? '' : ', no rows'}`;
}
