import { dirname } from 'node:path';
import type { ChallengeType } from '../challenge/any-challenge.ts';
import type { Finding } from '../findings/register.ts';
import { PARAMS, readSettings, TOP, type Setting } from './settings.ts';
import { archiveDirectory } from './config-dir.ts';
import { namesHook } from './hook-commands.ts';

/**
 * What travels of a renewal configuration: data that a renewal needs, and nothing that a program would be run by.
 * Whoever receives it writes a configuration of its own from it.
 */
export interface RenewalData {
  readonly account: string;
  readonly server: string;
  /** every other parameter that was set, in the order of `PARAMETERS` */
  readonly parameters: ReadonlyMap<string, string>;
  /** in certbot's order and spelling, `dns-01,`; HTTP-01 where it says nothing that the hooks serve */
  readonly challenges: string;
  /** of the certbot that wrote it */
  readonly version: string | null;
  readonly renewBeforeExpiry: string | null;
}

const FLAG = /^(?:true|false)$/i;
/** A text of certbot's: no control character, one kind of quotes, and nothing that ConfigObj would replace (`%(key)s`). */
const TEXT = /^(?!.*%\()(?!.*".*')(?!.*'.*")[^\p{C}\u2028\u2029]+$/u;
/** certbot names an account by the MD5 of its public key (certbot, account.py). */
const ACCOUNT = /^[0-9a-f]{32}$/;
const MAX_SERVER_LENGTH = 500;
const MAX_VALUE_LENGTH = 200;
/** No `.` or `..` in its path, which is the account's directory too. */
const SERVER =
  /^https?:\/\/(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/(?!\.{1,2}(?:\/|$))[\w~.@+-]+)*\/?$/;

/** As certbot writes a list of one. */
export const HTTP_01 = 'http-01,';
/** Without a comma certbot reads one challenge, and with it a list. */
const CHALLENGES = /^(?:http|dns)-01(?:, ?(?:http|dns)-01)?,?$/;

/** Besides account and server: every option of certbot's that decides what is asked of the CA, and what it may be. */
const PARAMETERS: ReadonlyMap<string, RegExp> = new Map([
  ['key_type', /^(?:rsa|ecdsa)$/],
  // From 2048 to 8192 bits. A key that takes hours to make would keep certbot's lock, and with it every other lineage.
  ['rsa_key_size', /^(?:204[89]|20[5-9]\d|2[1-9]\d\d|[3-7]\d{3}|80\d\d|81[0-8]\d|819[0-2])$/],
  ['elliptic_curve', /^secp(?:256|384|521)r1$/i],
  ['must_staple', FLAG],
  ['reuse_key', FLAG],
  ['autorenew', FLAG],
  ['allow_subset_of_names', FLAG],
  ['preferred_chain', TEXT],
  ['preferred_profile', TEXT],
  ['required_profile', TEXT],
]);

/** What certbot takes where nothing is said. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['must_staple', 'false'],
  ['reuse_key', 'false'],
  ['autorenew', 'true'],
  ['allow_subset_of_names', 'false'],
]);

/** Every key of `[renewalparams]` that travels. */
export const TRAVELLING: readonly string[] = ['account', 'server', ...PARAMETERS.keys()];

/** The value that counts, whether it is written down or left to certbot's default; null where there is none. */
export function effective(key: string, value: string | undefined): string | null {
  if (value === undefined || value === '' || value === 'None') return DEFAULTS.get(key) ?? null;
  return DEFAULTS.has(key) ? value.toLowerCase() : value;
}

export function valueIn(data: RenewalData, key: string): string | null {
  if (key === 'account' || key === 'server') return data[key];
  return effective(key, data.parameters.get(key));
}

/** The same of a configuration as it is, whatever its values are: of this node's own. */
export function valuesIn(text: string): (key: string) => string | null {
  const params = valuesOf(readSettings(text), PARAMS);
  return (key) => effective(key, params.get(key));
}

/** The archive that a node's own configuration names, where it lies beside the others of this directory, as certbot follows it. */
export function archiveBeside(text: string | null, configDir: string): string | null {
  const named = text === null ? null : archiveIn(text);
  return named !== null && dirname(named) === archiveDirectory(configDir) ? named : null;
}

/** The archive that a node's own configuration names. */
export function archiveIn(text: string): string | null {
  return valuesOf(readSettings(text), TOP).get('archive_dir')?.replace(/\/$/, '') ?? null;
}

/** @returns the data, or every value of it that certbot would not have written */
export function readRenewalData(text: string): RenewalData | { readonly problems: readonly Finding[] } {
  const settings = readSettings(text);
  const params = valuesOf(settings, PARAMS);
  const top = valuesOf(settings, TOP);
  const problems: Finding[] = [];
  const account = params.get('account') ?? '';
  const server = params.get('server') ?? '';
  if (!ACCOUNT.test(account)) problems.push({ code: 'conf-invalid-account', value: shortened(account) });
  if (!isServer(server)) problems.push({ code: 'conf-invalid-server', value: shortened(server) });
  const parameters = new Map<string, string>();
  for (const [key, pattern] of PARAMETERS) {
    const value = params.get(key);
    if (value === undefined || value === '' || value === 'None') continue;
    if (value.length <= MAX_VALUE_LENGTH && pattern.test(value)) parameters.set(key, value);
    else problems.push({ code: 'conf-invalid-value', key, value: shortened(value) });
  }
  if (problems.length > 0) return { problems };
  const renewBeforeExpiry = matching(top.get('renew_before_expiry'), /^[\w.+-]+(?: [\w.+-]+){0,5}$/);
  return {
    account,
    server,
    parameters,
    challenges: matching(params.get('pref_challs'), CHALLENGES) ?? HTTP_01,
    version: matching(top.get('version'), /^\w[\w.+-]{0,40}$/),
    renewBeforeExpiry,
  };
}

/** By which challenge certbot would prove a name of a lineage, with the hooks; null: by none. A wildcard's is DNS-01. */
export function challengeIn(text: string): (name: string) => ChallengeType | null {
  const preferred = valuesOf(readSettings(text), PARAMS).get('pref_challs') ?? 'http-01';
  return challengeBy(preferred.split(',').map((type) => type.trim()));
}

/** The same by a list of challenges, in certbot's spelling. */
export function challengeBy(types: readonly string[]): (name: string) => ChallengeType | null {
  const hasDns = types.includes('dns-01');
  return (name) => {
    if (name.startsWith('*.')) return hasDns ? 'dns-01' : null;
    return types.find((type) => type === 'http-01' || type === 'dns-01') ?? null;
  };
}

export function isServer(value: string): boolean {
  return value.length <= MAX_SERVER_LENGTH && SERVER.test(value);
}

export function isText(value: string): boolean {
  return value.length <= MAX_VALUE_LENGTH && TEXT.test(value);
}

export function isAccount(value: string): boolean {
  return ACCOUNT.test(value);
}

/** The hook commands that a configuration names, and whether certbot-ha's hooks are what renews it. */
export interface Renewer {
  readonly isOurs: boolean;
  /** none: certbot itself would find the configuration broken */
  readonly authenticator: string | null;
  readonly authHook: string | null;
}

export function renewerOf(text: string): Renewer {
  const params = valuesOf(readSettings(text), PARAMS);
  const authenticator = params.get('authenticator') ?? null;
  const authHook = params.get('manual_auth_hook') ?? null;
  const cleanUpHook = params.get('manual_cleanup_hook');
  const isOurs =
    authenticator === 'manual' &&
    authHook !== null &&
    namesHook(authHook, 'auth') &&
    (cleanUpHook === undefined || namesHook(cleanUpHook, 'cleanup'));
  return { isOurs, authenticator, authHook };
}

function valuesOf(settings: readonly Setting[], section: string): ReadonlyMap<string, string> {
  return new Map(
    settings.filter((setting) => setting.section === section).map(({ key, value }) => [key, value]),
  );
}

function matching(value: string | undefined, pattern: RegExp): string | null {
  return value !== undefined && value.length <= 60 && pattern.test(value) ? value : null;
}

function shortened(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}…` : value;
}
