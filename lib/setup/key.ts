import { randomBytes } from 'node:crypto';
import { CertbotHaError, isForbidden } from '../base/errors.ts';
import { keysIn, readKeyFile } from '../channel/key-file.ts';
import type { Finding } from '../findings/register.ts';
import { runCommand } from '../system/run-command.ts';
import { LIMITS } from '../system/limits.ts';
import { exists } from '../system/read-file.ts';
import { readTextNow } from '../system/read-now.ts';
import type { NewFile } from './put-files.ts';

const GROUP = 'certbot-ha';
const KEY_BYTES = 32;
const KEY_MODE = 0o640;

/** The key file with this text, for the agent's group. @throws {CertbotHaError} `config` where there is no such group */
export async function keyFileWith(file: string, content: string): Promise<NewFile> {
  return { file, content, mode: KEY_MODE, gid: await agentsGroup(), uid: process.getuid?.() ?? 0 };
}

/** The text of a key file, without its comments. @throws as `readKeyFile` */
export function keyText(file: string): string {
  return readKeyFile(file)
    .all.map((key) => `${key.toString('hex')}\n`)
    .join('');
}

/** What a key file is to hold. */
export interface KeyToPut {
  readonly text: string;
  /** none was there that can be used */
  readonly isNew: boolean;
  /** something was there */
  readonly isThere: boolean;
  /** who else may have read the one that is kept */
  readonly exposed: readonly Finding[];
}

/**
 * The key that is there, or a new one. With another key this node would be cut off from the others: a new one takes the place of none, or
 * by force of what is no key. One that others may read, or own, is the cluster's still, and by force gets its rights.
 * @throws {CertbotHaError} `config` where something is there of which that is not known, or `isForced` is false
 */
export async function keyToPut(file: string, isForced: boolean): Promise<KeyToPut> {
  if (!(await exists(file))) return newKey({ isThere: false });
  try {
    readKeyFile(file);
    return kept(file, []);
  } catch (error) {
    if (!isForced || !(error instanceof CertbotHaError)) throw error;
    const code = error.findings[0]?.code;
    if (code === 'key-file-open' || code === 'key-file-of-another-user') return kept(file, error.findings);
    if (code === 'key-file-empty' || code === 'key-file-invalid') return newKey({ isThere: true });
    throw isForbidden(error.cause) ? error : unknown(file, error);
  }
}

function kept(file: string, exposed: readonly Finding[]): KeyToPut {
  const text = readTextNow(file);
  try {
    keysIn(file, text);
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    return newKey({ isThere: true });
  }
  return { text, isNew: false, isThere: true, exposed };
}

function newKey({ isThere }: Pick<KeyToPut, 'isThere'>): KeyToPut {
  return { text: `${randomBytes(KEY_BYTES).toString('hex')}\n`, isNew: true, isThere, exposed: [] };
}

/** Such as a link to a file system that is not mounted. */
function unknown(file: string, error: CertbotHaError): CertbotHaError {
  const hint = `bring the key back, or move ${file} away: then a new key is made, and every node needs it`;
  return new CertbotHaError('config', error.findings, { cause: error, hint });
}

async function agentsGroup(): Promise<number> {
  const { code, stdout } = await runCommand(['getent', 'group', GROUP], { timeoutMs: LIMITS.askMs });
  const gid = Number(stdout.split(':')[2] ?? Number.NaN);
  if (code === 0 && Number.isInteger(gid)) return gid;
  const hint = 'certbot-ha install makes it; of a package: systemd-sysusers certbot-ha.conf';
  throw new CertbotHaError('config', { code: 'group-missing', group: GROUP }, { hint });
}
