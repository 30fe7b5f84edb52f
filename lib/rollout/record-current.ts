import { CertbotHaError } from '../base/errors.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { Config } from '../cluster/config.ts';
import type { Bundle, Manifest } from '../lineage/bundle.ts';
import { currentGeneration } from '../lineage/current.ts';
import { deletedBy, recordsOf, type PeerView } from '../peers/survey.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { recordInstalled, type RecordingOptions } from '../state/record-installed.ts';
import type { InstalledRecord } from '../state/records.ts';
import { isGone, knownOf, stamped, type Known, type Stamped } from '../state/stamped.ts';
import { LIMITS } from '../system/limits.ts';
import { lockLimits } from '../system/lock.ts';
import { HOUR_MS } from '../system/spans.ts';
import { timeLimit, type TimeLimit } from '../system/time-limit.ts';

export interface RecordOptions {
  readonly config: Pick<Config, 'stateDir'> & {
    readonly certificates: Pick<Config['certificates'], 'configDir'>;
  };
  readonly records: RecordingOptions['records'];
  /** what the peers say that can be asked */
  readonly views: readonly PeerView[];
  /** certbot says that it has just been issued */
  readonly isIssued: boolean;
  /** for the installer's lock; default: as long as one may work */
  readonly limit?: TimeLimit;
}

/**
 * Gives what is in place here its stamp, by all that is known of it, and writes it down, while no installer works.
 * @throws {CertbotHaError} `failed` when it was deleted, here or by what a peer says, and not issued anew; when something else is in place meanwhile, or the installer does not end
 */
export async function recordCurrent(bundle: Bundle, options: RecordOptions): Promise<InstalledRecord> {
  const { config, records, limit = timeLimit(LIMITS.installerMs) } = options;
  const { manifest } = bundle;
  const { lineage, leaf } = manifest;
  const before = await records.installedOf(lineage);
  // What is written down already needs no lock.
  const stamp = stampOf(manifest, before, { ...options, known: await liveOrThrow(manifest, options) });
  if (before !== null && isRecorded(before, manifest, stamp)) return before;
  const { stateDir, certificates } = config;
  const { configDir } = certificates;
  return await withInstallerLock(
    stateDir,
    async () => {
      const here = await currentGeneration(configDir, lineage);
      if (here?.sha256 !== leaf.sha256) {
        const directory = liveOf(configDir, lineage);
        throw new CertbotHaError('failed', { code: 'renewed-meanwhile', directory });
      }
      const own = await records.installedOf(lineage);
      const known = await liveOrThrow(manifest, options);
      const { stamp: set, isSet } = stampOf(manifest, own, { ...options, known });
      return await recordInstalled(bundle, isSet ? set : null, { records, configDir, now: new Date() });
    },
    lockLimits(limit),
  );
}

/** What is known of its stamps. @throws {CertbotHaError} `failed` when it was deleted and not issued anew */
async function liveOrThrow(
  { lineage, leaf, number }: Manifest,
  { records, views, isIssued }: RecordOptions,
): Promise<Known> {
  const now = new Date();
  const sources = { records, peers: recordsOf(views, lineage), told: deletedBy(views, now), now };
  const known = await knownOf(lineage, sources);
  // What certbot says that it has issued now is after it, and lives: nobody's deletion keeps a lineage from being renewed.
  if (known.deletion === null || isIssued || !isGone({ ...leaf, number }, known)) return known;
  const { stamp, from } = known.deletion;
  throw new CertbotHaError('failed', { code: 'lineage-deleted', lineage, stamp, from });
}

function stampOf(
  { leaf, number, from }: Manifest,
  own: InstalledRecord | null,
  { known, isIssued }: RecordOptions & { readonly known: Known },
): Stamped {
  const { now } = known;
  // A sync may come between certbot and its deploy hook.
  const isJustFound =
    own?.leaf.sha256 === leaf.sha256 &&
    own.from === from &&
    Math.abs(now.getTime() - Date.parse(own.installedAt)) < HOUR_MS;
  return stamped({ ...leaf, number }, known, { isIssued, isJustFound });
}

function isRecorded(own: InstalledRecord, { leaf }: Manifest, { stamp, isSet }: Stamped): boolean {
  if (own.goneSince !== undefined) return false;
  return own.leaf.sha256 === leaf.sha256 && (!isSet || own.stamp === stamp);
}
