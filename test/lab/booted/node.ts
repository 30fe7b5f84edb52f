import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand, successOf } from '../command.ts';
import type { FileOptions, LabHost, LabNode, NodePaths, RunOptions } from '../contract.ts';
import { eventually } from '../eventually.ts';
import type { Keeper } from '../keeper.ts';
import { boot, type Machine } from './boot.ts';
import { attach, detach, isPluggedIn, setLink, type Attachment } from './network.ts';
import type { Root } from './roots.ts';
import { servicesOf } from './services.ts';

export const PATHS: NodePaths = {
  config: '/etc/certbot-ha/config.yaml',
  keyFile: '/etc/certbot-ha/cluster.key',
  webroot: '/usr/share/nginx/letsencrypt',
  stateDir: '/var/lib/certbot-ha',
  records: '/run/certbot-ha-hooks',
  letsencrypt: '/etc/letsencrypt',
  nginxConfDir: '/etc/nginx/conf.d',
};

/** A host reached by a command line that runs `argv` in it. */
export function hostOf(
  { name, address }: { name: string; address: string },
  enter: (argv: readonly string[]) => readonly string[],
): LabHost {
  const run = (argv: readonly string[], options?: RunOptions) =>
    runCommand(enter(argv), options, [`${name}:`, ...argv]);
  const check = async (argv: readonly string[], options?: RunOptions) =>
    successOf([`${name}:`, ...argv], await run(argv, options));
  return {
    name,
    address,
    run,
    check,
    readFile: (path) => check(['cat', '--', path]),
    async writeFile(path, content, { mode = 0o644, owner = 'root:root' }: FileOptions = {}) {
      const script = 'mkdir -p "$1"; umask 077; cat >"$2"; chown "$3" "$2"; chmod "$4" "$2"';
      const argv = ['sh', '-euc', script, 'write', dirname(path), path, owner, mode.toString(8)];
      await check(argv, { input: content });
    },
  };
}

/** A node that has not been booted. */
export function createNode(keeper: Keeper, root: Root, attachment: Attachment): LabNode {
  const { name } = attachment;
  let machine: Machine | undefined;
  const host = hostOf(attachment, (argv) => {
    if (machine === undefined) throw new Error(`${name} is off`);
    const options = ['-m', '-u', '-i', '-n', '-p', '-r', '-w'];
    return ['nsenter', `--target=${machine.leader}`, ...options, '--', ...argv];
  });
  return {
    ...host,
    ...servicesOf(host),
    address6: attachment.address6,
    paths: PATHS,
    unplug: () => setLink(keeper, name, 'down'),
    async plug() {
      await setLink(keeper, name, 'up');
      await eventually(() => isPluggedIn(keeper, name), {
        timeoutMs: 5000,
        what: `${name}: the link`,
      });
    },
    async powerOff() {
      const running = machine;
      if (running === undefined) return;
      machine = undefined;
      await detach(keeper, name);
      await running.powerOff();
    },
    async boot() {
      if (machine !== undefined) return;
      await attach(keeper, attachment);
      machine = await boot(keeper, root);
    },
    tokens: () => tokensOf(root),
  };
}

async function tokensOf(root: Root): Promise<readonly string[]> {
  const directory = join(root.outside, PATHS.webroot, '.well-known/acme-challenge');
  return (await readdir(directory).catch(() => [])).toSorted((a, b) => a.localeCompare(b));
}
