import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../findings/register.ts';
import { ADMIN_PATH } from '../system/admin-path.ts';
import type { WebServerKind } from '../webserver/kinds.ts';
import { findWebroot, type FindWebrootOptions } from './find-webroot.ts';
import { serversHere, type ServersHere } from './servers-here.ts';

export interface FoundWebServer {
  /** null: several, of which nothing decides which it is */
  readonly kind: WebServerKind | null;
  readonly candidates: readonly WebServerKind[];
  /** that challenges are served from already; null: not known */
  readonly webroot: string | null;
  /** what else the operator needs to know of them */
  readonly problems: readonly Finding[];
}

export interface FindWebServerOptions extends Omit<FindWebrootOptions, 'isInstalled'> {
  /** the kind, where it need not be looked for */
  readonly given?: WebServerKind | undefined;
  /** whether anybody needs to know it */
  readonly isWebrootWanted: boolean;
  /** where web servers live beside PATH */
  readonly adminPath?: readonly string[];
}

/** Which web server this host has, and what it serves challenges from. Changes nothing. */
export async function findWebServer(options: FindWebServerOptions): Promise<FoundWebServer> {
  const { given, signal, isWebrootWanted, adminPath = ADMIN_PATH } = options;
  const path = [...(options.env['PATH'] ?? '').split(':').filter(Boolean), ...adminPath];
  const env = { ...options.env, PATH: path.join(':') };
  const isInstalled = (program: string) => path.some((directory) => existsSync(join(directory, program)));
  const here = await serversHere({ env, signal, isInstalled });
  const chosen = given === undefined ? choice(here) : givenChoice(given, here);
  if (!isWebrootWanted) return { ...chosen, webroot: null };
  const { kind, candidates } = chosen;
  // Who serves no files hands challenges to another one.
  const isInFront = kind === 'haproxy' || kind === 'none';
  const others = here.running.filter((one) => one !== kind);
  const behind = others.length > 0 ? others : here.installed;
  const asked = kind === null ? candidates : [kind, ...(isInFront ? behind : [])];
  const { webroot, problems } = await findWebroot([...new Set(asked)], { ...options, env, isInstalled });
  return { ...chosen, webroot, problems: [...chosen.problems, ...problems] };
}

/** Whoever names another one than that which has the port may not know it. */
function givenChoice(kind: WebServerKind, { listening }: ServersHere): Omit<FoundWebServer, 'webroot'> {
  const others = kind === 'none' || listening.includes(kind) ? [] : listening;
  const beside = others.length > 0 ? [{ code: 'web-servers-beside', kind, others } as const] : [];
  return { kind, candidates: [kind], problems: beside };
}

/** The one that has port 80, or else the one that runs, will run or is there. */
function choice(here: ServersHere): Omit<FoundWebServer, 'webroot'> {
  const { installed, listening, running, enabled, stranger } = here;
  // What does not run is not behind a stranger on the port.
  const ranked = stranger === null ? [listening, running, enabled, installed] : [listening, running];
  const candidates = ranked.find((kinds) => kinds.length > 0) ?? [];
  const [first = 'none', second] = candidates;
  const kind = second === undefined ? first : null;
  return { kind, candidates, problems: problemsOf(kind, here) };
}

function problemsOf(
  kind: WebServerKind | null,
  { running, enabled, stranger }: ServersHere,
): readonly Finding[] {
  // All are named where it is asked for.
  if (kind === null) return [];
  const others = [...new Set([...running, ...enabled])].filter((one) => one !== kind);
  const beside = others.length > 0 ? [{ code: 'web-servers-beside', kind, others } as const] : [];
  if (stranger !== null) return [{ code: 'port-of-another', program: stranger, kind }, ...beside];
  return kind === 'none' ? [{ code: 'web-server-missing' }] : beside;
}
