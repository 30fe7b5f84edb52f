import { join } from 'node:path';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import { CertbotHaError } from '../../base/errors.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { quoted } from '../../findings/area.ts';

/** The module's name; semodule wants that of the file to be the same. */
export const MODULE = 'certbot_ha';

const KEY_TYPE = `${MODULE}_key_t`;

/** The type of the cluster's key. Confined domains have no access to a type that no rule of theirs names; unconfined ones have. */
export const MODULE_SOURCE = `module ${MODULE} 1.0;

require {
    attribute file_type;
}

# The cluster's key. By default it is etc_t, which nearly every service may read.
type ${KEY_TYPE}, file_type;
`;

/** A label for a path and all below it. */
interface Label {
  readonly path: string;
  /** what is behind the path in the pattern */
  readonly rest: string;
  readonly type: string;
}

/** What the distribution's policy does not know of: where the programs, the challenges and the key are. @param dist the programs' directory */
function labelsFor({ config, self }: Cluster, dist: string): readonly Label[] {
  const below = '(/.*)?';
  return [
    // What systemd starts runs unconfined if it is a program, and else with no rights of its own.
    { path: dist, rest: String.raw`/[^/]*\.js`, type: 'bin_t' },
    { path: dist, rest: String.raw`/hooks/(certbot-ha-[^/]*|[^/]*\.js)`, type: 'bin_t' },
    { path: join(self.webroot, TOKENS_BELOW_WEBROOT), rest: below, type: 'httpd_sys_content_t' },
    { path: config.agent.keyFile, rest: '', type: KEY_TYPE },
    { path: config.stateDir, rest: below, type: 'var_lib_t' },
  ];
}

/** The contexts of files, as `semodule_package --fc` takes them. @throws {CertbotHaError} `config` where a path cannot stand in there */
export function fileContexts(cluster: Cluster, dist: string): string {
  const lines = labelsFor(cluster, dist).map(({ path, rest, type }) => {
    if (/\s/.test(path)) throw notInPattern(cluster.config.file, path);
    const kind = type === 'bin_t' || type === KEY_TYPE ? '--' : '';
    return `${escaped(path)}${rest}\t${kind}\tsystem_u:object_r:${type}:s0`;
  });
  return `${lines.join('\n')}\n`;
}

/** Those that get other labels. */
export function labelledPaths(cluster: Cluster, dist: string): readonly string[] {
  return [...new Set(labelsFor(cluster, dist).map(({ path }) => path))];
}

function escaped(path: string): string {
  return path.replaceAll(/[.^$*+?()[\]{}|\\]/g, String.raw`\$&`);
}

function notInPattern(file: string, path: string): CertbotHaError {
  const expected = 'a path without spaces: SELinux has no way to name another one';
  const found = { code: 'invalid-value', file, key: path, expected, got: quoted(path) } as const;
  return new CertbotHaError('config', found);
}
