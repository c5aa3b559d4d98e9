import { DEFAULT_THRESHOLDS, type Registry } from '#server/store/registry.ts';

/** Puts nodes into the registry as a full mesh of Spock; they are watched from now on. `dsns`: by name. */
export function register(registry: Registry, cluster: string, dsns: Record<string, string>): void {
  registry.add({
    name: cluster,
    engine: 'spock',
    createdAt: new Date().toISOString(),
    thresholds: DEFAULT_THRESHOLDS,
    topology: { kind: 'full-mesh' },
    sandbox: false,
    nodes: Object.entries(dsns).map(([name, dsn]) => ({ name, dsn, peerDsn: null, walRoom: null })),
  });
}
