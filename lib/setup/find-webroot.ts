import { join } from 'node:path';
import type { Finding } from '../findings/register.ts';
import { orNone } from '../system/read-file.ts';
import { defaultCommands, type WebServerKind } from '../webserver/kinds.ts';
import { apacheWebroot } from './apache-webroot.ts';
import { caddyWebroot } from './caddy-webroot.ts';
import { haproxyChallenges } from './haproxy-challenges.ts';
import { nginxWebroot } from '../webserver/nginx-webroot.ts';
import { isNotRead } from './reader.ts';
import { said, textsOf, type ReadOptions } from './read-configuration.ts';

/** Where a web server serves challenges from already. */
export interface FoundWebroot {
  /** null: by no rule for them that is known */
  readonly webroot: string | null;
  readonly problems: readonly Finding[];
}

export interface FindWebrootOptions extends ReadOptions {
  readonly isInstalled: (program: string) => boolean;
  /** where files are; default: / */
  readonly root?: string;
}

/** The webroot of the first of these that has one, by a rule for challenges. */
export async function findWebroot(
  kinds: readonly WebServerKind[],
  options: FindWebrootOptions,
): Promise<FoundWebroot> {
  const all = await Promise.all(kinds.map(async (kind) => await webrootOf(kind, options)));
  const problems = all.flatMap((one) => one.problems);
  const webroot = all.map((one) => one.webroot).find((one) => one !== null) ?? null;
  // Who is handed challenges is known then.
  const isAnswered = ({ code }: Finding) => code === 'challenges-answered';
  return { webroot, problems: webroot === null ? problems : problems.filter(isAnswered) };
}

async function webrootOf(kind: WebServerKind, options: FindWebrootOptions): Promise<FoundWebroot> {
  switch (kind) {
    case 'nginx':
      return await ofNginx(options);
    case 'apache':
      return await ofApache(options);
    case 'caddy':
      return await ofCaddy(options);
    case 'haproxy':
      return await ofHaproxy(options);
    case 'none':
      return { webroot: null, problems: [] };
  }
}

async function ofNginx(options: FindWebrootOptions): Promise<FoundWebroot> {
  const { source, end, isCut, stdout } = await said(defaultCommands('nginx', false).dump ?? [], options);
  // What is found in a part of it is there, whatever the rest says.
  return found(nginxWebroot(isCut ? fromNextFile(stdout) : stdout), source, end);
}

/** Where a part begins within a quotation, all quotes would be taken for one another. */
function fromNextFile(dump: string): string {
  const at = dump.search(/^# configuration file /m);
  return at === -1 ? '' : dump.slice(at);
}

/** `-D DUMP_CONFIG` needs mod_info, which hardly anybody has: the files are read that Apache says it reads. */
async function ofApache(options: FindWebrootOptions): Promise<FoundWebroot> {
  // Debian's and SUSE's wrapper brings their settings; that of Red Hat refuses arguments.
  const program = options.isInstalled('apache2ctl') ? 'apache2ctl' : 'httpd';
  const { source, end, stdout } = await said([program, '-t', '-D', 'DUMP_INCLUDES'], options);
  const files = [...stdout.matchAll(/^ *\((?:\d+|\*)\) (\/.*)$/gm)].map(([, file = '']) => file);
  const { texts, problems } = await textsOf(files, options);
  const { webroot, problems: others } = found(apacheWebroot(texts), source, end);
  return { webroot, problems: webroot === null ? [...problems, ...others] : [] };
}

async function ofCaddy(options: FindWebrootOptions): Promise<FoundWebroot> {
  const argv = ['caddy', 'adapt', '--config', '/etc/caddy/Caddyfile'];
  const { source, end, stdout } = await said(argv, options);
  if (end !== null) return found(null, source, end);
  try {
    return found(caddyWebroot(stdout), source, null);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return found(null, source, 'no JSON');
  }
}

async function ofHaproxy(options: FindWebrootOptions): Promise<FoundWebroot> {
  const { root = '/', reader } = options;
  const directory = join(root, 'etc/haproxy/conf.d');
  const parts = await orNone(reader.names(directory), []);
  if (isNotRead(parts)) return found(null, directory, parts.words);
  const files = [
    'haproxy.cfg',
    ...parts.filter((name) => name.endsWith('.cfg')).map((name) => `conf.d/${name}`),
  ];
  const { texts, problems } = await textsOf(
    files.map((file) => join(root, 'etc/haproxy', file)),
    options,
  );
  const rule = haproxyChallenges(texts);
  return { webroot: null, problems: rule === null ? problems : [rule] };
}

function found(webroot: string | null, source: string, end: string | null): FoundWebroot {
  const isKnown = webroot !== null || end === null;
  return { webroot, problems: isKnown ? [] : [{ code: 'webroot-not-known', source, end }] };
}
