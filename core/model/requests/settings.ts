/** Changes of what servers are set to. */
import { z } from 'zod';
import { ClusterName, PgName } from '#core/model/scalars.ts';

/** As PostgreSQL names settings; it stands in ALTER SYSTEM as it is. */
const SettingName = z
  .string()
  .max(127)
  .regex(/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/, 'the name of a setting');

export const SettingChange = z.object({
  name: SettingName,
  /** As one writes it into postgresql.conf: `10GB`, `on`, `pgoutput, spock_output`. Null: as if ALTER SYSTEM had never set it. */
  value: z
    .string()
    .max(2000)
    .regex(/^[^\r\n]*$/, 'one line')
    .nullable(),
});
export type SettingChange = z.infer<typeof SettingChange>;

export const SettingsRequests = [
  z.object({
    kind: z.literal('node-settings'),
    cluster: ClusterName,
    nodes: z.array(PgName).min(1).max(500),
    settings: z.array(SettingChange).min(1).max(50),
    /**
     * What is done about settings that a server takes at its start only. wait (unless said): each node in turn is restarted by the
     * operator, and the run waits. later: they are written, and in force after whatever restart comes.
     */
    restart: z.enum(['wait', 'later']).optional(),
  }),
  /** The password of the role by which the nodes reach each other, in all their catalogs. It is sealed, and masked wherever it is shown. */
  z.object({
    kind: z.literal('peer-password'),
    cluster: ClusterName,
    role: PgName,
    /** Printable ASCII: what of others is the same password, clients and servers do not agree on. */
    password: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^(?:[\x20-\x7E]+|••••)$/, 'printable ASCII'),
    /** The role gets it on all nodes as well; false: it has it by now. */
    alterRole: z.boolean(),
    /** The plan that holds the password, where it is masked here. */
    plan: z.string().max(64).optional(),
  }),
] as const;
