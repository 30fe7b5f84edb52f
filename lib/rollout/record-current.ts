import { CertbotHaError } from '../base/errors.ts';
import { liveOf } from '../certbot/config-dir.ts';
import type { Config } from '../cluster/config.ts';
import type { Bundle, Manifest } from '../lineage/bundle.ts';
import { currentGeneration } from '../lineage/current.ts';
import { recordsOf, type PeerView } from '../peers/survey.ts';
import { layoutOf } from '../state/layout.ts';
import { recordInstalled } from '../state/record-installed.ts';
import type { InstalledRecord, Records } from '../state/records.ts';
import { makeStateDir } from '../state/state-dir.ts';
import { stamped, type Stamped } from '../state/stamped.ts';
import { withLock } from '../system/lock.ts';
import { HOUR_MS } from '../system/spans.ts';

export interface RecordOptions {
  readonly config: Pick<Config, 'stateDir'> & {
    readonly certificates: Pick<Config['certificates'], 'configDir'>;
  };
  readonly records: Pick<Records, 'installedOf' | 'writeInstalled'>;
  /** what the peers say that can be asked */
  readonly views: readonly PeerView[];
  /** certbot says that it has just been issued */
  readonly isIssued: boolean;
  readonly signal?: AbortSignal;
}

/** An installer holds its lock while the web server tests and reloads. */
const INSTALLER_WAIT_MS = 120_000;

/**
 * Gives what is in place here its stamp, by all that is known of it, and writes it down, while no installer works.
 * @throws {CertbotHaError} `failed` when something else is in place meanwhile, or the installer does not end
 */
export async function recordCurrent(bundle: Bundle, options: RecordOptions): Promise<InstalledRecord> {
  const { config, records, signal } = options;
  const { manifest } = bundle;
  const { lineage, leaf } = manifest;
  const before = await records.installedOf(lineage);
  // What is written down already needs no lock.
  if (before !== null && isRecorded(before, manifest, stampOf(manifest, before, options))) return before;
  const { stateDir, certificates } = config;
  const { configDir } = certificates;
  await makeStateDir(stateDir);
  return await withLock(
    layoutOf(stateDir).journal,
    async () => {
      const here = await currentGeneration(configDir, lineage);
      if (here?.sha256 !== leaf.sha256) {
        const directory = liveOf(configDir, lineage);
        throw new CertbotHaError('failed', { code: 'renewed-meanwhile', directory });
      }
      const { stamp, isSet } = stampOf(manifest, await records.installedOf(lineage), options);
      return await recordInstalled(bundle, isSet ? stamp : null, { records, configDir, now: new Date() });
    },
    { waitMs: INSTALLER_WAIT_MS, ...(signal && { signal }) },
  );
}

function stampOf(
  { lineage, leaf, number, from }: Manifest,
  own: InstalledRecord | null,
  { views, isIssued }: RecordOptions,
): Stamped {
  const now = new Date();
  const known = { own, peers: recordsOf(views, lineage), now };
  // A sync may come between certbot and its deploy hook.
  const isJustFound =
    own?.leaf.sha256 === leaf.sha256 &&
    own.from === from &&
    Math.abs(now.getTime() - Date.parse(own.installedAt)) < HOUR_MS;
  return stamped({ ...leaf, number }, known, { isIssued, isJustFound });
}

function isRecorded(own: InstalledRecord, { leaf }: Manifest, { stamp, isSet }: Stamped): boolean {
  return own.leaf.sha256 === leaf.sha256 && (!isSet || own.stamp === stamp);
}
