import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import type { RunProgram } from '../certbot/units-shown.ts';
import { shellWord } from '../findings/area.ts';
import { endOf } from '../system/ended.ts';
import { COMMANDS, SYSTEM_PATH } from './programs.ts';

/** Of the units, by `ProtectHome=` and `PrivateTmp=`. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];
const NOBODY = { uid: 65_534, gid: 65_534 };
const START_MS = 20_000;

/**
 * Looks whether the units can start the programs, before anything is put in place.
 * @param place where the programs are, as the host names it
 * @throws {CertbotHaError} `config` where they cannot
 */
export async function checkPrograms(
  dist: string,
  place: string,
  { run, isRoot }: { readonly run: RunProgram; readonly isRoot: boolean },
): Promise<void> {
  if (HIDDEN.some((directory) => `${place}/`.startsWith(`${directory}/`))) {
    const there = '/usr/local/lib/certbot-ha';
    const hint = `cp -rT ${shellWord(place)} ${there} && ${there}/cli.js install`;
    throw new CertbotHaError('config', { code: 'programs-hidden', directory: place }, { hint });
  }
  const files = Object.values(COMMANDS).map((file) => join(dist, file));
  const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode));
  const closed = files.filter((_, index) => ((modes[index] ?? 0) & 0o555) !== 0o555);
  if (closed.length > 0) {
    const hint = `chmod a+rx ${closed.map(shellWord).join(' ')}`;
    throw new CertbotHaError('config', { code: 'programs-not-executable', files: closed }, { hint });
  }
  // Who is not root can become nobody else, and will not come further than the first file.
  if (isRoot) await startAsNobody(join(dist, COMMANDS['certbot-ha']), run);
}

/** As the agent's user, whom there may not be yet: directories that are closed and a Node.js that is not found show by it. */
async function startAsNobody(file: string, run: RunProgram): Promise<void> {
  const argv = [file, '--version'];
  const path = SYSTEM_PATH.join(':');
  const ended = await run(argv, { timeoutMs: START_MS, env: { PATH: path }, user: NOBODY });
  if (ended.code === 0) return;
  const node = shellWord(await realpath(process.execPath));
  const hint =
    ended.code === 127
      ? `install -m 0755 ${node} /usr/local/bin/node: systemd looks for node in ${path} alone`
      : `every user has to be able to read what is in ${shellWord(join(file, '..'))}: chmod -R a+rX; and the directories above it`;
  throw new CertbotHaError('config', { code: 'set-up-command-failed', ...endOf(argv, ended) }, { hint });
}
