import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ChallengeType } from '../challenge/any-challenge.ts';
import type { Finding } from '../findings/register.ts';
import { orNone, textOf } from '../system/read-file.ts';
import { KEPT, type Kept } from './changes.ts';
import { namesHook } from './hook-commands.ts';
import { challengeBy, effective } from './renewal-data.ts';

/** A line of a file that certbot takes for its command line at every start, `certbot renew` included. */
export interface CliSetting {
  readonly file: string;
  readonly key: string;
  readonly value: string;
}

/** By which challenges names are proved. */
export interface Proof {
  /** a list as certbot takes it; absent: HTTP-01 */
  readonly pref_challs?: string | null;
  /** absent, or none: not known */
  readonly names?: readonly string[];
}

/** Of a lineage of certbot-ha's: what cli.ini may say of it without changing anything. */
export type KeptValues = Readonly<Record<Kept, string | null>> & Proof;

type Contradicts = (value: string, lineages: readonly KeptValues[], proofs: readonly Proof[]) => boolean;

const isOn: Contradicts = (value) => /^(?:true|yes|1)?$/i.test(value);
const isOther =
  (key: Kept): Contradicts =>
  (value, lineages) =>
    lineages.some((lineage) => lineage[key] !== effective(key, value));
/** A flag that is off is no option at all for certbot; `no-reuse-key` is. */
const isOnOther =
  (key: Kept, to: string): Contradicts =>
  (value, lineages) =>
    isOn(value, lineages, []) && lineages.some((lineage) => lineage[key] !== to);
const isFlag = (key: Kept) => effective(key, undefined) !== null;

/** Of a lineage whose names are not known. */
const ANY_NAMES = ['example.com', '*.example.com'] as const;

/** Whether a name would be proved by another challenge than it is, or by none. */
const isByOther: Contradicts = (value, _lineages, proofs) => {
  const challengeOf = challengeBy(typesIn(value));
  return proofs.some(({ pref_challs: preferred, names = [] }) => {
    const own = challengeBy(typesIn(preferred ?? 'http-01'));
    // A wildcard without DNS-01 is proved by nothing, whatever cli.ini says.
    return (names.length > 0 ? names : ANY_NAMES).some(
      (name) => own(name) !== null && challengeOf(name) !== own(name),
    );
  });
};

/** The challenges that the hooks serve, of a list as certbot takes it. */
export function typesIn(list: string): readonly ChallengeType[] {
  const types = list.split(',').map((type) => type.replaceAll(/["'[\] ]/g, ''));
  return types.flatMap((type): readonly ChallengeType[] => {
    const [, kind] = /^(http|dns)(?:-01)?$/.exec(type) ?? [];
    return kind === undefined ? [] : [`${kind as 'http' | 'dns'}-01`];
  });
}

/** By option, when its value makes certbot renew do something else than the renewal configurations of ours say. */
const CONTRADICTING: ReadonlyMap<string, Contradicts> = new Map<string, Contradicts>([
  ['authenticator', (value) => value !== 'manual'],
  ['configurator', (value) => value !== 'manual'],
  ...['webroot', 'standalone', 'nginx', 'apache'].map((plugin) => [plugin, isOn] as const),
  ['preferred-challenges', isByOther],
  ['deploy-hook', (value) => !namesHook(value, 'deploy')],
  ['renew-hook', (value) => !namesHook(value, 'deploy')],
  ['manual-auth-hook', (value) => !namesHook(value, 'auth')],
  ['manual-cleanup-hook', (value) => !namesHook(value, 'cleanup')],
  ['installer', (value) => value !== '' && value !== 'None'],
  // Every other node refuses what is renewed with another value than the lineage has.
  ...KEPT.flatMap((key) => {
    const option = key.replaceAll('_', '-');
    if (!isFlag(key)) return [[option, isOther(key)] as const];
    return [[option, isOnOther(key, 'true')] as const, [`no-${option}`, isOnOther(key, 'false')] as const];
  }),
  ...['staging', 'test-cert', 'dry-run'].map((mode) => [mode, isOn] as const),
]);

/** A plugin for DNS is chosen by an option of its name. */
const DNS_PLUGIN = /^dns-[a-z0-9]+$/;

/** Where certbot looks (constants.py), what it is told to read, and beside its directory. */
export function cliIniFiles(
  configDir: string,
  env: NodeJS.ProcessEnv,
  given: readonly string[] = [],
): readonly string[] {
  const xdg = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  const places = ['/etc/letsencrypt', configDir, join(xdg, 'letsencrypt')];
  return [...new Set([...places.map((place) => join(place, 'cli.ini')), ...given])];
}

/** The files that certbot is told to read by `-c FILE` or `--config FILE`. */
export function configFilesIn(argv: readonly string[]): readonly string[] {
  return argv
    .flatMap((argument, index) => {
      const [, joined] = /^(?:--config=|-c(?=.))(.*)$/.exec(argument) ?? [];
      return joined ?? (argument === '-c' || argument === '--config' ? (argv[index + 1] ?? []) : []);
    })
    .map((file) => resolve(file));
}

/** What these files say, as certbot's ConfigArgParse reads them; one that is not there, or not to be read, says nothing. */
export async function readCliIni(files: readonly string[]): Promise<readonly CliSetting[]> {
  const texts = await Promise.all(
    files.map(async (file) => {
      const text = await orNone(textOf(file), null);
      return text === null ? [] : settingsIn(text).map((setting) => ({ file, ...setting }));
    }),
  );
  return texts.flat();
}

function settingsIn(text: string): readonly Omit<CliSetting, 'file'>[] {
  return text.split(/\r\n|\r|\n/).flatMap((raw) => {
    const line = raw.trim();
    if (line === '' || /^(?:[#;[]|---)/.test(line)) return [];
    const end = line.search(/[:=\s]/);
    const key = (end < 0 ? line : line.slice(0, end)).replace(/^--/, '');
    const rest = end < 0 ? '' : line.slice(end).replace(/^\s*[:=]?/, '');
    const [value = ''] = rest.trim().split(/\s[;#]/, 1);
    return [{ key, value: value.trim().replace(/^(["'])(.*)\1$/, '$2') }];
  });
}

/**
 * What of it would make `certbot renew` do something else than these lineages say.
 * @param proofs how names are proved; default: as the lineages say, without any by HTTP-01
 */
export function contradictionsIn(
  settings: readonly CliSetting[],
  lineages: readonly KeptValues[],
  proofs: readonly Proof[] = lineages.length === 0 ? [{}] : lineages,
): readonly Finding[] {
  return settings.flatMap(({ file, key, value }): readonly Finding[] => {
    const contradicts = DNS_PLUGIN.test(key) ? isOn : CONTRADICTING.get(key);
    if (contradicts?.(value, lineages, proofs) !== true) return [];
    return [{ code: 'cli-ini-overrides', file, key, value: value.slice(0, 100) || 'true' }];
  });
}

/** What of it contradicts `--authenticator manual` on the command line, so that certbot would not even begin. */
export function obstaclesIn(settings: readonly CliSetting[]): readonly Finding[] {
  return settings.flatMap(({ file, key, value }): readonly Finding[] => {
    const isPlugin = DNS_PLUGIN.test(key) || ['webroot', 'standalone', 'nginx', 'apache'].includes(key);
    const isObstacle = key === 'configurator' ? value !== 'manual' : isPlugin && isOn(value, [], []);
    return isObstacle ? [{ code: 'cli-ini-obstacle', file, key, value: value || 'true' }] : [];
  });
}
