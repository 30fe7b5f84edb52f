import { realpath } from 'node:fs/promises';
import { CertbotHaError } from '../base/errors.ts';
import { certbotHolding } from '../certbot/lock.ts';
import { withInstallerLock } from '../state/installer-lock.ts';
import { targetOf } from '../system/read-file.ts';
import { readText } from '../system/read-text.ts';
import { removeIfThere, writeNew, writeWhole } from '../system/write-file.ts';

/** A renewal configuration on this node. */
export interface Place {
  readonly file: string;
  readonly configDir: string;
  readonly stateDir: string;
}

/** @throws {CertbotHaError} `failed` while certbot works on this directory: it may write what it has read before */
export async function refuseRunningCertbot(configDir: string): Promise<void> {
  const pid = await certbotHolding(configDir);
  if (pid !== null) throw new CertbotHaError('failed', { code: 'certbot-at-work', configDir, pid });
}

/**
 * Puts a text in the place of a renewal configuration, behind a link too, with its mode, owner and group. It is the old or the
 * new one, whatever happens meanwhile.
 * @throws {CertbotHaError} `failed` when it is no more what it was, or certbot or an installer is at work
 */
export async function replaceConf(
  { file, configDir, stateDir }: Place,
  before: string,
  text: string,
): Promise<void> {
  if (text === before) return;
  await withInstallerLock(stateDir, async () => {
    await refuseRunningCertbot(configDir);
    const place = await realpath(file);
    if ((await readText(place)) !== before)
      throw new CertbotHaError('failed', { code: 'written-meanwhile', file });
    await writeWhole(place, text, await rightsOf(place));
  });
}

/** A copy beside a renewal configuration, which certbot does not take for one. */
export interface Backup {
  readonly file: string;
  readonly remove: () => Promise<void>;
}

export async function backUp({ file }: Pick<Place, 'file'>, text: string, now: Date): Promise<Backup> {
  const place = await realpath(file);
  const copy = `${place}.before-${now.toISOString().replaceAll(/[-:]/g, '')}`;
  await writeNew(copy, text, await rightsOf(place));
  return { file: copy, remove: async () => void (await removeIfThere(copy)) };
}

async function rightsOf(file: string) {
  const stat = await targetOf(file);
  return stat === null ? { mode: 0o644 } : { mode: stat.mode & 0o777, uid: stat.uid, gid: stat.gid };
}
