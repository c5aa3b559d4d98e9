/** What the steps of a deploy on servers do to them, how long they take, and what they find. */
import type { DeployServers } from '#core/model/deploy.ts';
import { formatBytes, formatCount, formatSeconds } from '#core/model/format.ts';
import type { ExecutableStep } from '#core/plan/executable.ts';
import { type BareServer, restartFor, serverOf } from './bare.ts';
import { MEGABYTE, makeMesh } from './build.ts';
import type { SimStep } from './plan.ts';
import { chance, seedOf } from './random.ts';
import type { World } from './world.ts';

type Does = Partial<
  Pick<
    SimStep,
    'seconds' | 'note' | 'waitsFor' | 'copyBytes' | 'proof' | 'notices' | 'facts' | 'apply' | 'revert'
  >
>;

const RESTART: [string, string][] = [
  ['wal_level', 'logical'],
  ['shared_preload_libraries', 'spock'],
  ['track_commit_timestamp', 'on'],
];

export function deployStep(world: World, request: DeployServers, step: ExecutableStep): Does {
  const { action } = step;
  const server = step.node === null ? null : serverNamed(world, request, step.node);
  switch (action.type) {
    case 'restart':
      return server ? restart(world, server, step.node ?? '', action.how) : {};
    case 'sql':
      return server ? onServer(server, step) : {};
    case 'write-and-wait':
      return { seconds: 0.5, note: 'replicates' };
    case 'seed':
      return server ? seed(world, request, server, action.provider) : {};
    case 'register-cluster':
      return {
        seconds: 0.1,
        apply: () => register(world, request),
        revert: () => world.forget(request.name),
      };
    case 'mark':
      return {
        seconds: 0.3,
        facts: () =>
          action.to.map(({ node }) => {
            const arrivedSeconds = (4 + chance(seedOf(action.node + node), 9) * 90) / 1000;
            return {
              name: `${action.node} → ${node}`,
              value: formatSeconds(arrivedSeconds),
              arrivedSeconds,
            };
          }),
      };
    case 'prove':
      return {
        seconds: 0,
        proof: {
          seconds: world.proofSeconds,
          found: action.tables.map((table) => sameRows(world, request, table)),
        },
        note: `${action.tables.length} of ${action.tables.length} tables the same`,
        facts: () => action.tables.map((table) => sameRows(world, request, table)),
      };
    case 'ask-findings':
      return {
        seconds: 0.2,
        facts: () => {
          const { length } = request.nodes;
          const links = length * (length - 1);
          return [{ name: 'links', value: `${links} of ${links} replicating` }];
        },
        // What was deployed is prepared no longer.
        apply: () => world.drafts.delete(request.draft ?? ''),
      };
    default:
      return {};
  }
}

function sameRows(
  world: World,
  request: DeployServers,
  { schema, table }: { schema: string; table: string },
): { name: string; value: string } {
  const held = serverNamed(world, request, request.dataFrom ?? request.nodes[0]?.name ?? '')?.tables;
  const rows = held?.find((one) => one.schema === schema && one.name === table)?.rows ?? 0;
  return { name: `${schema}.${table}`, value: `${formatCount(rows)} rows, the same rows` };
}

function serverNamed(world: World, request: DeployServers, name: string): BareServer | null {
  return serverOf(world, request.nodes.find((node) => node.name === name)?.dsn ?? '', []).server;
}

/** The operator is quick as a rule: five seconds after it is asked for, the server is back. */
function restart(world: World, server: BareServer, node: string, how: string): Does {
  const before = new Map(server.settings);
  return {
    seconds: world.operatorSeconds,
    waitsFor: `Restart PostgreSQL on the host of ${node} (${server.host}:${server.port}): ${how}`,
    note: 'back, settings in force',
    apply: () => {
      for (const [name, value] of RESTART)
        if (restartFor(server).includes(name)) server.settings.set(name, value);
    },
    revert: () => {
      for (const [name, value] of before) server.settings.set(name, value);
    },
  };
}

function onServer(server: BareServer, step: ExecutableStep): Does {
  const [what] = step.id.split(':');
  const name = step.node ?? '';
  switch (what) {
    case 'extension':
      return {
        seconds: 0.4,
        notices: [{ severity: 'NOTICE', message: 'installing required extension "dblink"' }],
        apply: () => {
          server.engineInstalled = true;
        },
        revert: () => {
          server.engineInstalled = false;
        },
      };
    case 'node':
      return {
        seconds: 0.2,
        apply: () => {
          server.nodeName = name;
        },
        revert: () => {
          server.nodeName = null;
        },
      };
    case 'sets':
      return { seconds: 0.4, note: `${server.tables.length} tables` };
    default:
      return { seconds: 0.2 };
  }
}

function seed(world: World, request: DeployServers, server: BareServer, provider: string): Does {
  const source = serverNamed(world, request, provider);
  const own = server.tables;
  const bytes = source?.tables.reduce((sum, table) => sum + table.bytes, 0) ?? 0;
  return {
    seconds: 8 + chance(seedOf(server.host), 4) * 3,
    copyBytes: bytes,
    proof: {
      seconds: world.proofSeconds,
      found: (source?.tables ?? []).map((table) => sameRows(world, request, { ...table, table: table.name })),
    },
    note: `${source?.tables.length ?? 0} tables, ${formatBytes(bytes)}`,
    apply: () => {
      if (source) server.tables = source.tables.map((table) => ({ ...table }));
    },
    revert: () => {
      server.tables = own;
    },
  };
}

function register(world: World, request: DeployServers): void {
  const servers = request.nodes.map((node) => ({ node, server: serverNamed(world, request, node.name) }));
  const cluster = makeMesh(
    request.name,
    servers.map(({ node, server }, index) => ({
      name: node.name,
      location: node.location ?? null,
      host: server?.host ?? 'localhost',
      port: server?.port ?? 5432,
      database: server?.database ?? 'postgres',
      roundTripMs: server?.roundTripMs ?? 1,
      wal: 0x1_0000_0000 + index * 0x1234_5678,
      writeBytesPerSecond: (0.4 + index * 0.2) * MEGABYTE,
      clockOffsetSeconds: server?.clockOffsetSeconds ?? 0,
    })),
    world.now,
  );
  cluster.createdAt = world.now;
  for (const node of cluster.nodes) node.startedAt = world.now - 60_000;
  world.add(cluster);
}
