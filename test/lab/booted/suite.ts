import { chown, cp, readdir, stat, symlink, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCommand } from '../command.ts';
import type { Keeper } from '../keeper.ts';
import { CLONE, COMMANDS, requireDist } from '../dist.ts';
import { put } from './files.ts';
import { inRoot, type Root } from './roots.ts';

/** Puts certbot-ha into a root as its documentation tells an operator to. */
export async function installSuite(keeper: Keeper, root: Root): Promise<void> {
  const dist = await requireDist();
  await cp(dist, join(root.outside, 'usr/local/lib/certbot-ha'), { recursive: true });
  await mkdir(join(root.outside, 'usr/local/bin'), { recursive: true });
  for (const [name, target] of Object.entries(COMMANDS)) {
    await symlink(`../lib/certbot-ha/${target}`, join(root.outside, 'usr/local/bin', name));
  }
  await copyUnits(root);
  await setUpUser(keeper, root);
}

async function copyUnits(root: Root): Promise<void> {
  for (const name of await readdir(join(CLONE, 'systemd'))) {
    const source = join(CLONE, 'systemd', name);
    const isFile = (await stat(source)).isFile();
    const isUnit = isFile || name.endsWith('.service.d');
    const target = isUnit ? `etc/systemd/system/${name}` : `etc/${name}`;
    await cp(source, join(root.outside, target), { recursive: true });
  }
}

/** Its user and directories, by the suite's own sysusers.d and tmpfiles.d. */
async function setUpUser(keeper: Keeper, root: Root): Promise<void> {
  for (const command of [['systemd-sysusers'], ['systemd-tmpfiles', '--create']]) {
    await checkCommand(keeper.enter([...command, `--root=${root.path}`, 'certbot-ha.conf']));
  }
}

/** Lets the other nodes' rsync in: a shell, and a key that can do nothing but write into the webroot. */
export async function allowRsync(
  keeper: Keeper,
  root: Root,
  publicKey: string,
  webroot: string,
): Promise<void> {
  await checkCommand(inRoot(keeper, root, ['usermod', '--shell', '/bin/sh', 'certbot-ha']));
  const forced = `command="rrsync -wo ${webroot}",restrict ${publicKey}\n`;
  await put(root, '/var/lib/certbot-ha/.ssh/authorized_keys', forced);
}

/** Readable by the agent, written by root. */
export async function putClusterKey(keeper: Keeper, root: Root, key: string): Promise<void> {
  const path = '/etc/certbot-ha/cluster.key';
  await put(root, path, `${key}\n`, 0o640);
  const gid = await checkCommand(inRoot(keeper, root, ['id', '-g', 'certbot-ha']));
  await chown(join(root.outside, path), 0, Number(gid));
}
