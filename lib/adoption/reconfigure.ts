import { hookArguments } from '../certbot/hook-arguments.ts';
import { PARAMS, readSettings } from '../certbot/settings.ts';
import { runCommand } from '../system/run-command.ts';
import type { Plan } from './standing.ts';

/** Python starts slowly on a host that is busy. */
const VERSION_TIMEOUT_MS = 30_000;
/** `certbot reconfigure` came with it. */
const SINCE = [2, 3] as const;

/** Whether the certbot of this host has `certbot reconfigure`; null: there is no certbot. */
export async function hasReconfigure(env: NodeJS.ProcessEnv): Promise<boolean | null> {
  const { stdout, stderr, trouble } = await runCommand(['certbot', '--version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
    env,
  });
  if (trouble?.code === 'program-not-installed') return null;
  const [, major, minor] = /^certbot (\d+)\.(\d+)/m.exec(`${stdout}\n${stderr}`) ?? [];
  const [since, sinceMinor] = SINCE;
  return Number(major) > since || (Number(major) === since && Number(minor) >= sinceMinor);
}

/**
 * The arguments with which certbot changes a lineage's configuration itself, after a dry run at the CA's test server. Hooks that go
 * must not run in it: a web server that is stopped serves no challenge.
 */
export function reconfigureArgv(
  { lineage, hooks, without, before }: Pick<Plan, 'lineage' | 'hooks' | 'without' | 'before'>,
  configDir: string,
): readonly string[] {
  const emptied = ['pre', 'post'].filter((hook) => without.includes(`${hook}_hook`));
  return [
    'reconfigure',
    '--non-interactive',
    '--cert-name',
    lineage,
    ...hookArguments(hooks),
    ...emptied.flatMap((hook) => [`--${hook}-hook`, '']),
    '--config-dir',
    configDir,
    ...directoriesIn(before),
  ];
}

/** Where certbot works and writes its log for this lineage: what is on its command line counts from the start. */
function directoriesIn(text: string): readonly string[] {
  const params = readSettings(text).filter(({ section }) => section === PARAMS);
  return ['work_dir', 'logs_dir'].flatMap((key) => {
    const value = params.findLast((setting) => setting.key === key)?.value ?? '';
    return value.startsWith('/') ? [`--${key.replace('_', '-')}`, value] : [];
  });
}
