/**
 * How much WAL the disk of a node can take. No SQL function tells a server's free disk, so somebody says it; of a
 * sandbox the console asks this machine.
 */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Cluster } from '#core/contract/clusters.ts';
import { formatBytes } from '#core/model/format.ts';
import { api } from '#src/api/client.ts';
import { issueAt, tell } from '#src/api/errors.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { Age } from '#src/ui/time.tsx';
import { parseSize, sizeText } from './sizes.ts';

type Room = Cluster['nodes'][number]['walRoom'];

/** `9.7 GB left of 20 GB, said 2 h ago`; of a sandbox `212 GB, this machine's disk`. */
export function RoomText({ room }: { room: Room }) {
  if (room === null) return <span className="f">not said</span>;
  if (room.source === 'machine')
    return (
      <>
        {formatBytes(room.freeBytes)}
        <span className="f">, this machine’s disk</span>
      </>
    );
  return (
    <>
      {room.bytesLeft <= 0 ? (
        <State of="critical">used up</State>
      ) : (
        <span className="nw">{formatBytes(room.bytesLeft)} left</span>
      )}{' '}
      <span className="f">
        of {formatBytes(room.freeBytes)}, said <Age since={room.at} /> ago
        {room.heldBytes === null && ', without what was written since'}
      </span>
    </>
  );
}

/** `node` null: closed. */
export function RoomForm({
  cluster,
  node,
  onClose,
}: {
  cluster: Cluster;
  node: string | null;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={node !== null}
      onClose={onClose}
      title={node === null ? '' : `Free disk of ${safeName(node)}`}
    >
      {node !== null && <Form key={node} cluster={cluster} node={node} onClose={onClose} />}
    </Dialog>
  );
}

function Form({ cluster, node, onClose }: { cluster: Cluster; node: string; onClose: () => void }) {
  const room = cluster.nodes.find((one) => one.name === node)?.walRoom ?? null;
  const [text, setText] = useState(room === null ? '' : sizeText(room.freeBytes));
  const size = parseSize(text);
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: (bytes: number | null) =>
      api.clusters.update({ cluster: cluster.name, walRoom: { [node]: bytes } }),
    onSuccess: (next) => {
      queryClient.setQueryData(clusterQuery(cluster.name).queryKey, next);
      onClose();
    },
  });
  const told = save.error ? tell(save.error) : null;
  const ofSize = told ? issueAt(told.issues, 'walRoom', node) : undefined;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        setTried(true);
        if (size !== null) save.mutate(size);
      }}
    >
      <p className="q">
        No SQL function tells what a server’s disk has free. Say it, and findings tell when the WAL that waits
        for a peer fills it. What is held from now on is subtracted; what else writes to the disk is not seen.
      </p>
      <Field
        label="Free now on the disk of pg_wal"
        required
        autoFocus
        autoComplete="off"
        placeholder="20 GB"
        value={text}
        onChange={(event) => setText(event.target.value)}
        hint="With its unit: MB, GB, TB. On the server: df -h, at the folder pg_wal."
        error={
          tried && size === null ? { message: 'Give a size with its unit, as 20 GB.' } : (ofSize ?? null)
        }
      />
      {told && !ofSize && (
        <p role="alert">
          <State of="critical">{told.message}</State> <span className="q">{told.remedy}</span>
        </p>
      )}
      <div className="btns justify-end">
        {room !== null && (
          <Button look="bare" busy={save.isPending} onClick={() => save.mutate(null)}>
            Not known any more
          </Button>
        )}
        <Button onClick={onClose}>Leave it</Button>
        <Button look="primary" type="submit" busy={save.isPending} disabled={text.trim() === ''}>
          Save the size
        </Button>
      </div>
    </form>
  );
}
