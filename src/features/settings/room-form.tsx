/**
 * How much WAL the disk of a node can take. No SQL function tells a server's free disk, so somebody says it; of a
 * sandbox the console asks this machine.
 */
import type { Cluster } from '#core/contract/clusters.ts';
import { formatBytes } from '#core/model/format.ts';
import { api } from '#src/api/client.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { Button } from '#src/ui/button.tsx';
import { Dialog } from '#src/ui/dialog.tsx';
import { Field } from '#src/ui/field.tsx';
import { State } from '#src/ui/state.tsx';
import { Age } from '#src/ui/time.tsx';
import { parseSize, sizeText } from './sizes.ts';

type Room = Cluster['nodes'][number]['walRoom'];

/** `9.7 GB left of 20 GB, entered 2 h ago`; of a sandbox `212 GB, this machine's disk`. */
export function RoomText({ room }: { room: Room }) {
  if (room === null) return <span className="faint">not given</span>;
  if (room.source === 'machine')
    return (
      <>
        {formatBytes(room.freeBytes)}
        <span className="faint">, this machine’s disk</span>
      </>
    );
  return (
    <>
      {room.bytesLeft <= 0 ? (
        <State of="critical">used up</State>
      ) : (
        <span className="whitespace-nowrap">{formatBytes(room.bytesLeft)} left</span>
      )}{' '}
      <span className="faint">
        of {formatBytes(room.freeBytes)}, entered <Age since={room.at} /> ago
        {room.heldBytes === null && ', not counting what was written since'}
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
      {node !== null && <RoomFields key={node} cluster={cluster} node={node} onClose={onClose} />}
    </Dialog>
  );
}

function RoomFields({ cluster, node, onClose }: { cluster: Cluster; node: string; onClose: () => void }) {
  const room = cluster.nodes.find((one) => one.name === node)?.walRoom ?? null;
  const save = useChange({
    does: (bytes: number | null) =>
      api.clusters.update({ cluster: cluster.name, walRoom: { [node]: bytes } }),
    keeps: () => clusterQuery(cluster.name),
    after: onClose,
    says: (_, bytes) => ({
      text:
        bytes === null
          ? `The free disk space of ${safeName(node)} is no longer known`
          : `The free disk space of ${safeName(node)} is saved: ${formatBytes(bytes)}`,
      to: paths.node(cluster.name, node),
      link: `Open ${safeName(node)}`,
    }),
  });
  const form = useForm({
    initial: { size: room === null ? '' : sizeText(room.freeBytes) },
    saving: save,
    place: ({ path }) => (path[0] === 'walRoom' ? 'size' : undefined),
    check: ({ size }) => ({
      size: parseSize(size) === null && { message: 'Give a size with its unit, such as 20 GB.' },
    }),
    unsaved: `the free disk of ${safeName(node)}`,
  });
  return (
    <Form of={form} className="grid gap-3" onSubmit={({ size }) => save.run(parseSize(size))}>
      <p className="muted">
        No SQL function reports the free disk space of a server. Enter it here, and findings say when the WAL
        held for a peer will fill it. WAL held from now on is subtracted; other writes to the disk are not
        counted.
      </p>
      <Field
        label="Free now on the disk of pg_wal"
        required
        autoComplete="off"
        placeholder="20 GB"
        hint="With its unit: MB, GB, TB. On the server: df -h, at the folder pg_wal."
        {...form.text('size')}
      />
      <FormFault of={form} />
      <div className="buttons justify-end">
        {room !== null && (
          <Button look="bare" busy={save.pending} onClick={() => save.run(null)}>
            No longer known
          </Button>
        )}
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button look="primary" type="submit" busy={save.pending} disabled={form.values.size.trim() === ''}>
          Save the size
        </Button>
      </div>
    </Form>
  );
}
