import { join } from 'node:path';
import { archiveOf, liveOf } from './config-dir.ts';
import type { HookName } from './hook-commands.ts';
import { effective, HTTP_01, TRAVELLING, valueIn, type RenewalData } from './renewal-data.ts';
import { linesOf, PARAMS, readSettings, settingLine, TOP, type Setting } from './settings.ts';

/** What a node writes into a renewal configuration from its own: never another node's. */
export interface Own {
  readonly configDir: string;
  readonly lineage: string;
  readonly hooks: Readonly<Record<HookName, string>>;
  /** default: that of the lineage's name */
  readonly archive?: string;
}

/** Where each hook stands. certbot before 5 knows `renew_hook` only, and later ones read and write it as well. */
export const HOOK_KEYS = {
  auth: ['manual_auth_hook'],
  cleanup: ['manual_cleanup_hook'],
  deploy: ['renew_hook', 'deploy_hook'],
} as const satisfies Readonly<Record<HookName, readonly string[]>>;

const DEFAULT_RENEWAL = '# renew_before_expiry = 30 days';

/** A renewal configuration as certbot writes one for the manual authenticator (storage.py). */
export function composeConf(
  data: RenewalData,
  { configDir, lineage, hooks, archive = archiveOf(configDir, lineage) }: Own,
): string {
  const live = liveOf(configDir, lineage);
  const keys = TRAVELLING.filter((key) => key !== 'account' && key !== 'server');
  return [
    data.renewBeforeExpiry === null
      ? DEFAULT_RENEWAL
      : settingLine('renew_before_expiry', data.renewBeforeExpiry),
    ...(data.version === null ? [] : [settingLine('version', data.version)]),
    settingLine('archive_dir', archive),
    ...['cert', 'privkey', 'chain', 'fullchain'].map((part) => settingLine(part, join(live, `${part}.pem`))),
    '',
    '# Options used in the renewal process',
    `[${PARAMS}]`,
    settingLine('account', data.account),
    'authenticator = manual',
    `pref_challs = ${data.challenges}`,
    settingLine('server', data.server),
    ...keys.flatMap((key) => {
      const value = data.parameters.get(key);
      return value === undefined ? [] : [settingLine(key, value)];
    }),
    ...(['auth', 'cleanup', 'deploy'] as const).map((hook) => settingLine(HOOK_KEYS[hook][0], hooks[hook])),
    '',
  ].join('\n');
}

/**
 * A node's own configuration with the data brought up to date. All else is this node's, its paths, hooks and
 * options, and stays as it is written.
 */
export function updateConf(text: string, data: RenewalData, { hooks }: Own): string {
  const lines = [...linesOf(text)];
  const settings = readSettings(text);
  const params = settings.filter(({ section }) => section === PARAMS);
  const added: string[] = [];
  const edits: Edit[] = [];
  for (const key of TRAVELLING) {
    const here = params.find((setting) => setting.key === key);
    const wanted = valueIn(data, key);
    if (effective(key, here?.value) === wanted) continue;
    const line = wanted === null ? [] : [settingLine(key, writtenIn(data, key) ?? wanted)];
    if (here === undefined) added.push(...line);
    else edits.push({ ...here, line });
  }
  const challenges = params.find(({ key }) => key === 'pref_challs');
  if (typesIn(challenges?.value ?? HTTP_01) !== typesIn(data.challenges)) {
    // Never in quotes, which would make one name of it.
    const line = [`pref_challs = ${data.challenges}`];
    if (challenges === undefined) added.push(...line);
    else edits.push({ ...challenges, line });
  }
  for (const hook of ['auth', 'cleanup', 'deploy'] as const) {
    const keys: readonly string[] = HOOK_KEYS[hook];
    if (!params.some(({ key }) => keys.includes(key)))
      added.push(settingLine(HOOK_KEYS[hook][0], hooks[hook]));
  }
  const version = settings.find(({ section, key }) => section === TOP && key === 'version');
  if (version && data.version !== null && version.value !== data.version)
    edits.push({ ...version, line: [settingLine('version', data.version)] });
  if (edits.length === 0 && added.length === 0) return text;
  const behind = params.at(-1)?.to ?? lines.length;
  return edited(lines, [...edits, { from: behind, to: behind, line: added }]);
}

/** `dns-01,http-01`, however it is written. */
function typesIn(value: string): string {
  return value
    .split(',')
    .map((type) => type.trim())
    .filter((type) => type !== '')
    .join(',');
}

/** Lines that take the place of others. */
interface Edit extends Pick<Setting, 'from' | 'to'> {
  readonly line: readonly string[];
}

function edited(lines: readonly string[], edits: readonly Edit[]): string {
  const result = [...lines];
  // From the end, so that the numbers of the lines before stay.
  for (const { from, to, line } of edits.toSorted((one, other) => other.from - one.from || other.to - one.to))
    result.splice(from, to - from, ...line);
  return result.join('\n');
}

/** As it was spelled where it comes from. */
function writtenIn(data: RenewalData, key: string): string | undefined {
  return key === 'account' || key === 'server' ? data[key] : data.parameters.get(key);
}
