import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../cluster/addresses.ts';
import { run, start } from './program.ts';

export interface Sshd {
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  /** of ssh, which knows this host's key and no other */
  readonly sshConfig: string;
  close(): Promise<void>;
}

const PROGRAMS = [
  '/usr/sbin/sshd',
  '/usr/bin/ssh',
  '/usr/bin/ssh-keygen',
  '/usr/bin/rsync',
  '/usr/bin/rrsync',
];

/** What is not installed; empty when sshd and rsync can be run. */
export async function missingPrograms(): Promise<readonly string[]> {
  const found = await Promise.all(
    PROGRAMS.map(
      async (program) =>
        await access(program, constants.X_OK).then(
          () => true,
          () => false,
        ),
    ),
  );
  return PROGRAMS.filter((_, index) => !found[index]);
}

/** An sshd of one's own on a loopback address, for the user who runs the tests, with keys of its own. */
export async function startSshd(directory: string, address: string, keyOptions: string): Promise<Sshd> {
  const at = (name: string) => join(directory, name);
  const [user, port, sshConfig] = [userInfo().username, await freePort([address]), at('ssh_config')];
  await mkdir(directory, { recursive: true });
  for (const key of ['host_key', 'id']) {
    const made = await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  }
  const publicKeyOf = async (name: string) => (await run(['cat', at(`${name}.pub`)])).stdout.trim();
  await writeFile(at('authorized_keys'), `${keyOptions} ${await publicKeyOf('id')}\n`.trimStart(), {
    mode: 0o600,
  });
  await writeFile(at('known_hosts'), `[${address}]:${port} ${await publicKeyOf('host_key')}\n`);
  await writeFile(
    sshConfig,
    `UserKnownHostsFile ${at('known_hosts')}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\n`,
  );
  await writeFile(
    at('sshd_config'),
    [
      `ListenAddress ${address}:${port}`,
      `HostKey ${at('host_key')}`,
      `AuthorizedKeysFile ${at('authorized_keys')}`,
      'PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password',
    ].join('\n'),
  );
  // sshd wants it as root; on a host with systemd, sshd's unit makes it.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = start(['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')]);
  await sshd.says(/Server listening/);
  return { port, user, identityFile: at('id'), sshConfig, close: async () => await sshd.kill() };
}
