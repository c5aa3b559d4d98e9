/** Versions: what Spock runs on, and which of its versions understand each other. */
import type { VersionRules } from '#core/engines/observing.ts';

/** `5.0.11` of `5.0.11-devel`. */
const numberOf = (version: string): string => /^\d+(\.\d+)*/.exec(version)?.[0] ?? version;

/** `5.0` of `5.0.11`. */
const seriesOf = (version: string): string => version.split('.').slice(0, 2).join('.');

const NO_PROTOCOL = 'they have no wire protocol in common';

/**
 * What was tried: a receiver of the one series with a provider of the other. Wire protocols in common do not tell: 6.0 asks its
 * provider for a function that 5.0 has not, before the first byte of the protocol (spock.read_peer_progress in spock_sync.c of 6.0).
 */
const TRIED: { receiver: string; provider: string; refused: string | null }[] = [
  {
    receiver: '6.0',
    provider: '5.0',
    refused: 'a receiver with 6.0 asks its provider for spock.read_peer_progress, which 5.0 does not have',
  },
  { receiver: '5.0', provider: '6.0', refused: null },
  { receiver: '5.0', provider: '4.0', refused: NO_PROTOCOL },
  { receiver: '4.0', provider: '5.0', refused: NO_PROTOCOL },
  { receiver: '6.0', provider: '4.0', refused: NO_PROTOCOL },
  { receiver: '4.0', provider: '6.0', refused: NO_PROTOCOL },
];

/**
 * Before 5.0.12 the copy names generated columns too, which COPY refuses, and tries again without end (spock_sync.c; release notes
 * of 5.0.12, pgEdge/spock PR 592).
 */
const COPIES_GENERATED = '5.0.12';

function isBefore(version: string, wanted: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, part] of wanted.split('.').map(Number).entries()) {
    const own = parts[index] ?? 0;
    if (!Number.isFinite(own) || own === part) continue;
    return own < part;
  }
  return false;
}

export const versions: VersionRules = {
  /** The oldest PostgreSQL that Spock 4.0 and later are made for. */
  oldestServer: 150000,
  oldestServerText: '15',
  install: "Install pgEdge's PostgreSQL, or build Spock for this one, then check again.",
  isSame: (loaded, onDisk) => numberOf(loaded) === numberOf(onDisk),
  copiesGenerated: COPIES_GENERATED,
  lacksGenerated: (version) => isBefore(version, COPIES_GENERATED),
  isOneSeries: (receiver, provider) => seriesOf(receiver) === seriesOf(provider),
  refusal(receiver, provider) {
    return TRIED.find((each) => each.receiver === seriesOf(receiver) && each.provider === seriesOf(provider))
      ?.refused;
  },
};
