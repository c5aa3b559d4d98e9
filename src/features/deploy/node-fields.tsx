/** One node: its name, how it is reached, where it stands, and what stands there. */
import { X } from 'lucide-react';
import { type ClipboardEvent, useState } from 'react';
import type { FieldIssue } from '#core/contract/errors.ts';
import { DsnField } from '#src/parts/dsn-field.tsx';
import { IconButton } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { type NodeRow, nextEdit, pastedDsns } from './form.ts';
import { LookLine } from './look-line.tsx';
import type { Draft } from './use-draft.ts';
import type { Looked } from './use-looks.ts';

interface Props {
  row: NodeRow;
  at: number;
  looked: Looked | undefined;
  /** What planning said of it. */
  issue: FieldIssue | undefined;
  /** Another row has its name. */
  taken: boolean;
  peers: boolean;
  draft: Draft;
  onPaste: (dsns: string[]) => void;
  onRemove: (() => void) | null;
}

export function NodeFields({ row, at, looked, issue, taken, peers, draft, onPaste, onRemove }: Props) {
  const [typing, setTyping] = useState(false);
  const { changeRow, focus } = draft;
  const paste = (event: ClipboardEvent) => {
    const dsns = pastedDsns(event.clipboardData.getData('text'));
    if (dsns.length === 0) return;
    event.preventDefault();
    onPaste(dsns);
  };
  const enter = () => {
    setTyping(true);
    focus(row.key);
  };
  const leave = () => {
    setTyping(false);
    focus(null);
  };
  // Half an address is no fault as long as it is being typed.
  const own = typing && looked?.issue?.code === 'malformed-dsn' ? null : looked?.issue;
  const label = `of node ${at + 1}`;
  const atField = (field: string) => (issue?.path[2] === field ? issue : null);
  return (
    <div className="node-fields-row">
      <Field
        label={`Name ${label}`}
        hideLabel
        value={row.name}
        maxLength={63}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => changeRow(row.key, { name: event.target.value })}
        error={
          taken
            ? { message: 'Another node has this name.' }
            : row.name.trim() === ''
              ? { message: 'A node needs a name.' }
              : atField('name')
        }
      />
      <div className="node-fields-address">
        <DsnField
          label={`Address ${label}`}
          hideLabel
          value={row.dsn}
          placeholder={at === 0 ? 'postgres://postgres:password@10.1.0.4:5432/orders' : ''}
          onFocus={enter}
          onBlur={leave}
          onPaste={paste}
          onDsn={(dsn) => changeRow(row.key, { dsn, edit: nextEdit() })}
          error={own ?? atField('dsn')}
        />
        {peers && (
          <DsnField
            label={`How the peers of node ${at + 1} reach it`}
            value={row.peerDsn}
            placeholder="the same"
            onFocus={enter}
            onBlur={leave}
            onDsn={(peerDsn) => changeRow(row.key, { peerDsn, edit: nextEdit() })}
            error={atField('peerDsn')}
          />
        )}
        {looked && !looked.issue && <LookLine looked={looked} />}
      </div>
      <Field
        label={`Location ${label}`}
        hideLabel
        value={row.location}
        maxLength={200}
        placeholder={at === 0 ? 'eu-west' : ''}
        autoComplete="off"
        onChange={(event) => changeRow(row.key, { location: event.target.value })}
      />
      {onRemove ? <IconButton icon={X} label={`Remove node ${at + 1}`} onClick={onRemove} /> : <span />}
    </div>
  );
}
