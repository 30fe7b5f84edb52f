import { randomBytes } from 'node:crypto';
import { CertbotHaError } from '../base/errors.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { runCommand } from '../system/run-command.ts';
import { LIMITS } from '../system/limits.ts';
import { exists } from '../system/read-file.ts';
import type { NewFile } from './put-files.ts';

const GROUP = 'certbot-ha';
const KEY_BYTES = 32;
const KEY_MODE = 0o640;

/** The key file with this text, for the agent's group. @throws {CertbotHaError} `config` where there is no such group */
export async function keyFileWith(file: string, content: string): Promise<NewFile> {
  return { file, content, mode: KEY_MODE, gid: await agentsGroup() };
}

/** The text of a key file, without its comments. @throws as `readKeyFile` */
export function keyText(file: string): string {
  return readKeyFile(file)
    .all.map((key) => `${key.toString('hex')}\n`)
    .join('');
}

/**
 * The text of the key that is there, or of a new one.
 * @throws {CertbotHaError} `config` where one is there that cannot be used, and `isForced` is false
 */
export async function keptOrNewKey(file: string, isForced: boolean): Promise<string | null> {
  if (!(await exists(file))) return newKey();
  try {
    readKeyFile(file);
    return null;
  } catch (error) {
    if (!isForced || !(error instanceof CertbotHaError)) throw error;
    return newKey();
  }
}

function newKey(): string {
  return `${randomBytes(KEY_BYTES).toString('hex')}\n`;
}

async function agentsGroup(): Promise<number> {
  const { code, stdout } = await runCommand(['getent', 'group', GROUP], { timeoutMs: LIMITS.askMs });
  const gid = Number(stdout.split(':')[2] ?? Number.NaN);
  if (code === 0 && Number.isInteger(gid)) return gid;
  const hint = 'certbot-ha install makes it; of a package: systemd-sysusers certbot-ha.conf';
  throw new CertbotHaError('config', { code: 'group-missing', group: GROUP }, { hint });
}
