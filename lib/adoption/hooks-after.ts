import { namesHook, type HookName } from '../certbot/hook-commands.ts';
import { PARAMS, readSettings } from '../certbot/settings.ts';
import type { Config } from '../cluster/config.ts';
import { settingsOf } from '../cluster/lineage-settings.ts';
import type { Finding } from '../findings/register.ts';
import { callsIn } from './calls.ts';

/** A hook that a lineage has of its own. */
export interface OwnHook {
  /** as certbot's option is called: pre-hook, post-hook, deploy-hook */
  readonly option: string;
  readonly command: string;
}

/** What becomes of the hooks of a lineage. */
export interface HooksAfter {
  readonly hooks: Readonly<Record<HookName, string>>;
  /** keys that go with them */
  readonly without: readonly string[];
  readonly dropped: readonly OwnHook[];
  readonly kept: readonly OwnHook[];
}

export interface After {
  /** this installation's */
  readonly own: Readonly<Record<HookName, string>>;
  readonly config: Pick<Config, 'certificates' | 'webServer'>;
  readonly lineage: string;
  /** none of the lineage's own stays */
  readonly isDropping: boolean;
}

const RELOADING: ReadonlySet<string> = new Set(
  (
    'test reload restart graceful force-reload reload-or-restart try-reload-or-restart ' +
    'reload-or-try-restart try-restart condrestart condreload'
  ).split(' '),
);
const UNITS: Readonly<Record<Config['webServer']['kind'], string | null>> = {
  nginx: 'nginx',
  apache: 'apache2',
  caddy: 'caddy',
  haproxy: 'haproxy',
  none: null,
};

/**
 * Which hooks a lineage has once certbot-ha's renew it. What certbot-ha does itself goes: a reload that it makes on every node.
 * What would keep a challenge from being served goes: a web server that is stopped meanwhile, as --standalone needs it. All else
 * stays, on this node alone, and runs when certbot-ha's deploy hook has ended.
 */
export function hooksAfter(text: string, after: After): HooksAfter {
  const { own, isDropping } = after;
  const value = valuesOf(text);
  const pre = value('pre_hook');
  const post = value('post_hook');
  const deploy = value('renew_hook') ?? value('deploy_hook');
  const dropped: OwnHook[] = [];
  const kept: OwnHook[] = [];
  const without: string[] = [];
  const decide = (option: string, command: string | null, isNeedless: (command: string) => boolean) => {
    if (command === null) return false;
    const isDropped = isDropping || isNeedless(command);
    (isDropped ? dropped : kept).push({ option, command });
    if (isDropped) without.push(option.replace('-', '_'));
    return isDropped;
  };
  const isReloaded = (command: string) => isDoneAnyway(command, after);
  const isStopped = decide('pre-hook', pre, (command) => stops(command) || isReloaded(command));
  decide('post-hook', post, (command) => (isStopped && pre !== null && stops(pre)) || isReloaded(command));
  const isOurs = deploy !== null && namesHook(deploy, 'deploy');
  // The deploy hook's line stays, with another value.
  const isOver = !isOurs && decide('deploy-hook', deploy, isReloaded);
  const chained = isOver || deploy === null ? own.deploy : `${own.deploy} ; ${deploy}`;
  return {
    hooks: { ...own, deploy: isOurs ? deploy : chained },
    without: without.filter((key) => key !== 'deploy_hook'),
    dropped,
    kept,
  };
}

/** Whether certbot-ha tests and reloads what this hook reloads, after a renewal and on every node. */
function isDoneAnyway(command: string, { config, lineage }: Pick<After, 'config' | 'lineage'>): boolean {
  const { kind, reload: common } = config.webServer;
  const reload = settingsOf(config, lineage).reload ?? (common === null ? null : [common]);
  const words = command.trim().replaceAll(/\s+/g, ' ');
  if (reload !== null) return reload.some((argv) => argv.join(' ') === words);
  const unit = UNITS[kind];
  const calls = callsIn(command);
  return (
    unit !== null &&
    calls !== null &&
    calls.every(({ verb, units }) => RELOADING.has(verb) && units.every((one) => one === unit))
  );
}

/** In a name too: `/usr/local/bin/stop-nginx`. */
function stops(command: string): boolean {
  return /\b(?:stop|quit)\b/.test(command);
}

function valuesOf(text: string): (key: string) => string | null {
  const settings = readSettings(text).filter(({ section }) => section === PARAMS);
  return (key) => {
    const value = settings.findLast((setting) => setting.key === key)?.value ?? '';
    return value === '' || value === 'None' ? null : value;
  };
}

/** A hook of several lines, which no command line of certbot's takes. */
export function unreadableHooks({ kept }: Pick<HooksAfter, 'kept'>): readonly Finding[] {
  return kept
    .filter(({ command }) => /[\r\n]/.test(command))
    .map(({ option, command }) => ({
      code: 'conf-invalid-value',
      key: option.replace('-', '_'),
      value: command.slice(0, 100),
    }));
}
