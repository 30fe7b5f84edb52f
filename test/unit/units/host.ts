import { chmod, cp, mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ALL_OWN_UNITS } from '../../../lib/cluster/own-units.ts';
import type { CommandResult } from '../../../lib/system/run-command.ts';
import { directoriesIn } from '../../../lib/units/directories.ts';
import { UNITS } from '../../../lib/units/files.ts';
import type { Host } from '../../../lib/units/host.ts';
import { COMMANDS } from '../../../lib/units/programs.ts';

export const SYSTEMD = new URL('../../../systemd', import.meta.url).pathname;
export const DIST = '/usr/local/lib/certbot-ha';
const RENEWING = 'own-renewal';

/** A host below a directory, with real files, and with a stand-in for the programs of systemd. */
export interface TestHost extends Host {
  /** what it has printed, since this was read last, without the directory */
  readonly said: () => readonly string[];
  /** the commands that changed something */
  readonly ran: string[];
  readonly enabled: Set<string>;
  /** a command that fails, if any */
  failing: RegExp | null;
  /** Puts a file there. */
  readonly put: (file: string, text: string) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  /** All that is there below it but the programs, sorted; directories that are empty, and links with what they lead to. */
  readonly tree: () => Promise<readonly string[]>;
}

interface Rest {
  readonly isForced?: boolean;
  readonly isDryRun?: boolean;
  /** Fedora's timer runs certbot here */
  readonly hasOtherTimer?: boolean;
}

export async function makeHost(root: string, rest: Rest = {}): Promise<TestHost> {
  const dist = join(root, DIST);
  for (const file of Object.values(COMMANDS)) {
    await mkdir(dirname(join(dist, file)), { recursive: true });
    await writeFile(join(dist, file), '#!/bin/sh\necho 0.1.0\n', { mode: 0o755 });
  }
  await cp(SYSTEMD, join(dist, 'systemd'), { recursive: true });
  await mkdir(join(root, 'run/systemd/system'), { recursive: true });
  let lines: string[] = [];
  const systemd = standIn(root, rest.hasOtherTimer === true);
  const host: TestHost = {
    ...{ root, dist, isForced: false, isDryRun: false, isRoot: true, ...rest },
    ...{
      now: new Date('2026-01-02T03:04:05.678Z'),
      env: { CERTBOT_HA_CONFIG: join(root, 'etc/certbot-ha/config.yaml'), CERTBOT_HA_NODE: 'web1' },
    },
    ...{ ran: systemd.ran, enabled: systemd.enabled, failing: null },
    out: (line) => lines.push(line.replaceAll(root, '')),
    said: () => {
      const said = lines;
      lines = [];
      return said;
    },
    run: async (argv) => {
      const result = await systemd.run(argv, host.failing);
      return { code: 0, stdout: '', stderr: '', trouble: null, ...result };
    },
    put: async (file, text) => {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    },
    read: async (file) => await readFile(join(root, file), 'utf8'),
    tree: async () => await treeOf(root),
  };
  return host;
}

export async function configure(
  host: TestHost,
  more = '',
  { address = '192.0.2.11' }: { readonly address?: string } = {},
): Promise<void> {
  const key = join(host.root, 'etc/certbot-ha/cluster.key');
  const text = `nodes: {web1: ${address}, web2: 192.0.2.12}\nvips: [192.0.2.10]\nagent: {keyFile: ${key}}\n${more}`;
  await host.put('etc/certbot-ha/config.yaml', text);
  await host.put('etc/certbot-ha/cluster.key', `${'a'.repeat(64)}\n`);
  await chmod(key, 0o600);
}

function standIn(root: string, hasOtherTimer: boolean) {
  const ran: string[] = [];
  const enabled = new Set<string>();
  let hasUser = false;
  const show = () =>
    [
      ...ALL_OWN_UNITS.map((unit) => {
        const isThere =
          existsSync(join(root, UNITS, unit)) || existsSync(join(root, 'usr/lib/systemd/system', unit));
        const [state, file] = enabled.has(unit) ? ['active', 'enabled'] : ['inactive', 'disabled'];
        return `Id=${unit}\nLoadState=${isThere ? 'loaded' : 'not-found'}\nActiveState=${state}\nUnitFileState=${isThere ? file : ''}\n`;
      }),
      ...(hasOtherTimer
        ? [
            `Id=${RENEWING}.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nUnit=${RENEWING}.service\n`,
            `Id=${RENEWING}.service\nLoadState=loaded\nActiveState=inactive\nExecStart={ argv[]=/usr/bin/certbot renew ; }\n`,
          ]
        : []),
    ].join('\n');
  const run = async (argv: readonly string[], failing: RegExp | null): Promise<Partial<CommandResult>> => {
    const [program, verb] = argv;
    if (program === 'systemctl' && verb === 'show') return { stdout: show() };
    if (program === 'getent') return { code: hasUser ? 0 : 2 };
    if (argv.includes('--version')) return {};
    const command = argv.join(' ').replaceAll(root, '');
    if (failing?.test(command)) return { code: 1, stderr: 'it cannot\n' };
    ran.push(command);
    if (program === 'systemd-sysusers') hasUser = true;
    if (program === 'systemd-tmpfiles') {
      const text = await readFile(join(root, argv.at(-1) ?? ''), 'utf8');
      for (const directory of directoriesIn(text)) await mkdir(join(root, directory), { recursive: true });
    }
    const units = argv.filter((word) => word.startsWith('certbot-ha-'));
    if (verb === 'enable') for (const unit of units) enabled.add(unit);
    if (verb === 'disable') for (const unit of units) enabled.delete(unit);
    return {};
  };
  return { run, ran, enabled };
}

async function treeOf(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  const shown = paths.map(async ({ entry, path }) => {
    const name = path.slice(root.length);
    if (entry.isSymbolicLink()) return [`${name} -> ${(await readlink(path)).slice(root.length)}`];
    if (entry.isDirectory()) return (await readdir(path)).length === 0 ? [`${name}/`] : [];
    return [name];
  });
  const all = (await Promise.all(shown)).flat();
  return all.filter((name) => !name.startsWith(`${DIST}/`) && !name.startsWith('/run/')).toSorted();
}
