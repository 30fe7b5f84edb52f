import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CLONE } from './dist.ts';

const SCRIPT = join(CLONE, 'scripts/debian-root.sh');

/** The Debian that hosts are to boot on; null: on this machine's own file tree. */
export function wantedDebian(): string | null {
  return process.env['CERTBOT_HA_LAB_ROOT'] || null;
}

/** The Debian of this machine; null where it is none that has a code name. */
export async function ownDebian(): Promise<string | null> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^VERSION_CODENAME="?(\w+)"?$/m.exec(release)?.[1] ?? null;
}

/** The file tree of a Debian. Where it has not been made yet this takes minutes, and says so. Throws when it cannot be had. */
export async function debianTree(suite: string): Promise<string> {
  const child = spawn(SCRIPT, [suite], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`no hosts of Debian ${suite}, for the reason above`);
  return path.trim();
}
