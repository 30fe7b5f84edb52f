import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { exists } from '../system/read-file.ts';
import { BUNDLES, MARKERS } from './layout.ts';
import { octal } from '../system/private-file.ts';

/**
 * Makes a node's inbox on a shared filesystem where it is not there yet. The directory of all inboxes is
 * the administrator's to make, or to mount something on.
 * @param inbox what the layout of stateDir gives for a node's name
 * @throws {CertbotHaError} `failed` where another user could write in it: root writes keys there, and nobody else may be able to put a link in the way, nor to read them
 */
export async function makeSharedInbox(inbox: string): Promise<void> {
  if (!(await exists(dirname(inbox)))) {
    throw new CertbotHaError('failed', { code: 'shared-filesystem-missing', directory: dirname(inbox) });
  }
  for (const part of [dirname(inbox), inbox, join(inbox, BUNDLES), join(inbox, MARKERS)]) await makeOwn(part);
  // Where modes are those of the mount, as with SMB, it may be open however it was made: keys are written there.
  const { mode } = await lstat(inbox);
  if ((mode & 0o077) !== 0)
    throw new CertbotHaError('failed', { code: 'shared-inbox-open', directory: inbox, mode: octal(mode) });
}

async function makeOwn(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasErrorCode(error, 'EEXIST')) throw error;
  });
  const { uid, mode } = await lstat(directory).then((stat) => {
    if (stat.isDirectory()) return stat;
    throw new CertbotHaError('failed', { code: 'not-a-directory', directory, isRemoved: false });
  });
  const own = process.getuid?.() ?? 0;
  if (uid === own && (mode & 0o022) === 0) return;
  throw new CertbotHaError('failed', {
    code: 'shared-inbox-not-own',
    directory,
    own,
    uid,
    mode: octal(mode),
  });
}
