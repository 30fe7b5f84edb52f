import { CertbotHaError } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { lookupPlaceOf } from '../cluster/admin-place.ts';
import { findCluster } from '../cluster/cluster.ts';
import type { Config } from '../cluster/config.ts';
import { readConfig } from '../cluster/load.ts';
import { DEFAULT_ADMIN_LISTEN } from '../cluster/listen-place.ts';
import { DEFAULT_WEBROOT } from '../cluster/schema.ts';
import { quoted } from '../findings/area.ts';
import { FIREWALL_KINDS } from '../setup/firewall/firewall.ts';
import { putPart } from '../setup/put-part.ts';
import { challengePart, isQuotable, PART_KINDS, type PartKind } from '../webserver/challenge-part.ts';
import { createWebServer } from '../webserver/web-server.ts';
import { firewallSnippet } from './firewall-snippet.ts';
import { selinuxSnippet } from './selinux-snippet.ts';
import { shownTyped, suggestion, usageError } from './usage-error.ts';

interface RunSnippetOptions {
  readonly isWritten: boolean;
  readonly isForced: boolean;
  /** below which the files of web server and firewall are; default: the root directory */
  readonly root?: string;
}

/** `certbot-ha snippet`: prints the part of a web server, a firewall or SELinux, or puts it in place. */
export async function runSnippet(
  io: CommandIo,
  given: readonly string[],
  { isWritten, isForced, root = '/' }: RunSnippetOptions,
): Promise<0> {
  const word = given.length === 1 ? given[0] : undefined;
  if (isForced && !isWritten) throw usageError('snippet: --force needs --write', 'snippet');
  const firewall = FIREWALL_KINDS.find((one) => one === word);
  if (isForced && (firewall !== undefined || word === 'selinux'))
    throw usageError(
      `snippet: --force is for web servers: with ${word} no file of others is replaced`,
      'snippet',
    );
  if (firewall !== undefined) return await firewallSnippet(firewall, io, { isWritten, root });
  if (word === 'selinux') return await selinuxSnippet(io, isWritten);
  const kind = PART_KINDS.find((one) => one === word);
  if (kind === undefined) {
    const kinds = [...PART_KINDS, ...FIREWALL_KINDS, 'selinux'];
    const got = `${shownTyped(given.join(' '))}${suggestion(word ?? '', kinds)}`;
    throw usageError(`snippet: expected one of ${kinds.join(', ')}, got ${got}`, 'snippet');
  }
  const config = configIfThere(io.env);
  const cluster = config === null ? null : await findCluster(config, io.env);
  const webroot = cluster?.self.webroot ?? DEFAULT_WEBROOT;
  const lookup = cluster === null ? DEFAULT_ADMIN_LISTEN : lookupPlaceOf(cluster);
  if (!isQuotable(webroot)) throw notQuotable(config?.file ?? '', webroot);
  const lines = isWritten
    ? await putPart({
        kind,
        webroot,
        lookup,
        isForced,
        webServer: webServerOf(kind, config, io),
        signal: io.interruption(),
        root,
      })
    : challengePart(kind, webroot, lookup).trimEnd().split('\n');
  for (const line of lines) io.out(line);
  return 0;
}

/** Null before the set-up: the part for the default webroot is of use then. */
function configIfThere(env: NodeJS.ProcessEnv): Config | null {
  try {
    return readConfig(env);
  } catch (error) {
    const isMissing = error instanceof CertbotHaError && error.findings[0]?.code === 'configuration-missing';
    if (isMissing && !env['CERTBOT_HA_CONFIG']) return null;
    throw error;
  }
}

function webServerOf(kind: PartKind, config: Config | null, { env }: CommandIo) {
  const isConfigured = config?.webServer.kind === kind;
  // Those that are put in place have a unit and commands of their own.
  const plain = { kind: kind === 'traefik' ? 'none' : kind, test: null, reload: null } as const;
  const settings = isConfigured ? config.webServer : plain;
  return createWebServer(settings, { env, isLeftStopped: true });
}

function notQuotable(file: string, webroot: string): CertbotHaError {
  const expected = 'a path that every web server can name, without quotes, braces and the like';
  const found = { code: 'invalid-value', file, key: 'webroot', expected, got: quoted(webroot) } as const;
  return new CertbotHaError('config', found);
}
