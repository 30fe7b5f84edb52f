import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withConfig, type HookName } from '../certbot/hook-commands.ts';
import { loadCluster } from '../cluster/load.ts';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { isIdentifier } from '../challenge/challenge.ts';
import { lineOf } from '../findings/words.ts';
import { whereNamesLead } from '../gate/where-names-lead.ts';
import { askForIssuership } from '../issuer/issuer.ts';
import { hookFile } from './hook-file.ts';
import type { CommandIo } from '../base/io.ts';

/** Ours among certbot's options: issue on this node though another one is the issuer. */
const HERE = '--here';
/** What certbot answers without issuing anything. */
const QUESTIONS: ReadonlySet<string> = new Set(['--help', '-h', '--version']);

/** `certbot-ha certonly`: certbot in the foreground, with our hooks. Resolves to 0 or 1 as certbot ends. */
export async function runCertonly(io: CommandIo, given: readonly string[]): Promise<0 | 1> {
  const cluster = await loadCluster(io.env);
  const { config } = cluster;
  const certbotArguments = given.filter((argument) => argument !== HERE);
  if (certbotArguments.length === 0) {
    const hint = 'certbot-ha certonly -d www.example.com';
    throw new CertbotHaError('usage', { code: 'no-name-given' }, { hint });
  }
  const isFree = given.includes(HERE) || given.some((argument) => QUESTIONS.has(argument));
  const issuership = isFree ? null : await askForIssuership(cluster);
  if (issuership !== null && !issuership.isIssuer) {
    const hint = 'run it there, so that one node renews; or here anyway: certbot-ha certonly --here …';
    throw new CertbotHaError('failed', issuership.reason, { hint });
  }
  if (!given.some((argument) => QUESTIONS.has(argument))) {
    const signal = io.interruption();
    const findings = await whereNamesLead(config, namesIn(certbotArguments), signal);
    if (signal.aborted) return 1;
    for (const finding of findings) io.err(lineOf(finding));
  }
  const argv = certbotArgv(certbotArguments, {
    hook: (name) => hookCommand(name, config.file, io.env),
    configDir: config.certificates.configDir,
  });
  const child = spawn('certbot', argv, { stdio: 'inherit', env: io.env });
  // Ctrl-C reaches certbot by the terminal as well, and a second signal would end it within its clean-up. What is sent to
  // this process alone has to be passed on.
  io.interruption(['SIGINT']);
  io.interruption(['SIGTERM', 'SIGHUP']).addEventListener('abort', () => child.kill('SIGTERM'), {
    once: true,
  });
  const [code] = (await once(child, 'close').catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
    throw new CertbotHaError('failed', { code: 'certbot-not-installed' }, { cause: error });
  })) as [number | null];
  return code === 0 ? 0 : 1;
}

/** The names that certbot is asked for: `-d a,b`, `-da`, `--domains a`, `--domain=a`. */
export function namesIn(given: readonly string[]): readonly string[] {
  const lists = given.flatMap((argument, index) => {
    const [, joined] = /^(?:--(?:domains?|ip-address)=|-d=?)(.+)$/.exec(argument) ?? [];
    const isOption = /^(?:-d|--domains?|--ip-address)$/.test(argument);
    return joined ?? (isOption ? (given[index + 1] ?? []) : []);
  });
  return [...new Set(lists.flatMap((list) => list.split(',')).map((name) => name.trim()))].filter((name) =>
    isIdentifier(name),
  );
}

/** certbot's arguments: what was given, behind what makes it use the hooks. */
export function certbotArgv(
  given: readonly string[],
  { hook, configDir }: { readonly hook: (name: HookName) => string; readonly configDir: string },
): readonly string[] {
  return [
    'certonly',
    '--manual',
    '--preferred-challenges',
    'http',
    '--manual-auth-hook',
    hook('auth'),
    '--manual-cleanup-hook',
    hook('cleanup'),
    '--deploy-hook',
    hook('deploy'),
    ...(given.some((argument) => /^--config-dir(?:=|$)/.test(argument)) ? [] : ['--config-dir', configDir]),
    ...given,
  ];
}

/**
 * What certbot is told to run, and writes into `renewal/NAME.conf` for all renewals to come: the
 * plain name where PATH leads to this installation, so that it may move, else the file.
 */
function hookCommand(name: HookName, configFile: string, env: NodeJS.ProcessEnv): string {
  const file = hookFile(name);
  const command = isInPath(`certbot-ha-${name}`, file, env) ? `certbot-ha-${name}` : file;
  return withConfig(command, configFile);
}

function isInPath(command: string, file: string, env: NodeJS.ProcessEnv): boolean {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(directory, command);
    try {
      accessSync(candidate, constants.X_OK);
      return realpathSync(candidate) === file;
    } catch (error) {
      if (!hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error;
    }
  }
  return false;
}
