import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.ts';
import { shellWord } from '../../findings/area.ts';
import { SELINUX_ENFORCE } from '../../system/selinux.ts';
import type { Programs } from '../admin-programs.ts';
import { fileContexts, labelledPaths, MODULE, MODULE_SOURCE } from './policy.ts';

export interface SelinuxOptions {
  readonly cluster: Cluster;
  /** the directory of the programs, without links on the way to it */
  readonly dist: string;
  readonly out: (line: string) => void;
}

/** What makes a module of the two files and puts it to use. @param directory where the files are */
function moduleCommands(
  directory: string,
): Readonly<Record<'make' | 'load', readonly (readonly string[])[]>> {
  const [source, made, contexts, whole] = ['te', 'mod', 'fc', 'pp'].map((kind) =>
    join(directory, `${MODULE}.${kind}`),
  ) as [string, string, string, string];
  return {
    make: [
      ['checkmodule', '-M', '-m', '-o', made, source],
      ['semodule_package', '-o', whole, '-m', made, '-f', contexts],
    ],
    load: [['semodule', '-i', whole]],
  };
}

/** What HAProxy and Traefik need besides, since they hand the challenges to a port of this host. */
const PORT_NOTE = [
  '# HAProxy and Traefik hand challenges to port 9482 of this host, which a web server may not use otherwise:',
  '#   semanage port -a -t http_port_t -p tcp 9482',
  '# The web server asks the agent for challenges that this node lacks, on port 9481 (agent.adminListen). Not tried on a host that enforces SELinux:',
  '#   semanage port -a -t http_port_t -p tcp 9481 && setsebool -P httpd_can_network_relay on',
];

/** Prints a script: the module, the contexts of files, and what to do with both. */
export function showSelinux({ cluster, dist, out }: SelinuxOptions): void {
  const { make, load } = moduleCommands('');
  const paths = labelledPaths(cluster, dist);
  const lines = [
    '# certbot-ha: labels for its programs, challenges, key and state, and a type for the key. Run this as root in an empty directory.',
    ...hereDocument('te', MODULE_SOURCE),
    ...hereDocument('fc', fileContexts(cluster, dist)),
    // Pasted, it goes no further than a step that fails; `set -e` would end the shell.
    [...make, ...load, restoring(paths)].map((command) => command.map(shellWord).join(' ')).join(' &&\n'),
    ...PORT_NOTE,
  ];
  for (const line of lines.flatMap((text) => text.split('\n'))) out(line);
}

function hereDocument(kind: string, text: string): readonly string[] {
  return [`cat >${MODULE}.${kind} <<'END' &&`, ...text.trimEnd().split('\n'), 'END'];
}

/**
 * Compiles the module, loads it, and labels what is there. Where SELinux is off, nothing is changed.
 * @param enforce a file that is there when SELinux is on
 * @throws {CertbotHaError} `failed` where a program is missing, or refuses
 */
export async function putSelinux(
  { cluster, dist, out }: SelinuxOptions,
  { tell }: Programs,
  enforce: string = SELINUX_ENFORCE,
): Promise<void> {
  const contexts = fileContexts(cluster, dist);
  if (!existsSync(enforce)) {
    out('SELinux is not enabled: nothing was changed');
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-selinux-'));
  try {
    await writeFile(join(directory, `${MODULE}.te`), MODULE_SOURCE);
    await writeFile(join(directory, `${MODULE}.fc`), contexts);
    const { make, load } = moduleCommands(directory);
    for (const command of [...make, ...load]) await tell(command);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  out(`loaded: the module ${MODULE}; to take it back: semodule -r ${MODULE}, then restorecon as below`);
  const command = restoring(labelledPaths(cluster, dist).filter((path) => existsSync(path)));
  await tell(command);
  out(`done: ${command.map(shellWord).join(' ')}`);
}

function restoring(paths: readonly string[]): readonly string[] {
  return ['restorecon', '-RF', '--', ...paths];
}
