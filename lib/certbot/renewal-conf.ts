import { join } from 'node:path';
import { archiveOf, liveOf } from './config-dir.ts';
import type { Finding } from '../findings/register.ts';

/**
 * A renewal configuration tells root's certbot what to run, so one that comes from elsewhere is
 * looked through key by key. This reads the plain `key = value` lines that certbot writes; ConfigObj
 * knows more (quotes over several lines, lists, subsections), all of which is refused.
 */
export interface RenewalConf {
  readonly account: string;
  readonly server: string;
  readonly values: ReadonlyMap<string, string>;
}

export interface Vetting {
  readonly configDir: string;
  readonly lineage: string;
  /** every command that this node's own hooks may be called by */
  readonly hookCommands: ReadonlySet<string>;
  /** the configuration that is installed here now; what it says may be said again */
  readonly installed: string | null;
}

/** The words of a text, each once. */
const wordsOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

const HARMLESS = wordsOf(`
  version authenticator installer pref_challs key_type rsa_key_size elliptic_curve
  must_staple reuse_key preferred_chain preferred_profile required_profile autorenew
  allow_subset_of_names renew_before_expiry manual_public_ip_logging_ok ari_retry_after
  http01_port http01_address user_agent user_agent_comment`);
/** What decides whom certbot trusts, and whether it renews at all, does not change from elsewhere. */
const KEPT: ReadonlySet<string> = new Set(['server', 'reuse_key', 'autorenew', 'renew_before_expiry']);
const HOOKS = wordsOf('pre_hook post_hook renew_hook deploy_hook manual_auth_hook manual_cleanup_hook');
const SECTIONS: ReadonlySet<string> = new Set(['renewalparams', 'acme_renewal_info']);
/** certbot names an account by the MD5 of its public key (certbot, account.py). */
const ACCOUNT = /^[0-9a-f]{32}$/;
const SERVER = /^https:\/\/[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?(?:\/[A-Za-z0-9_-]+)*$/;
const LINE = /^([a-z_][a-z0-9_]*) = (.*)$/;
/** Python takes more characters than \n for the end of a line; what it might read otherwise is not read at all. */
const ODD_CHARACTER = /[\p{C}\u2028\u2029]/u;

/** @returns the configuration, or every reason why it must not be installed */
export function readRenewalConf(
  text: string,
  vetting: Vetting,
): RenewalConf | { readonly problems: readonly Finding[] } {
  const { values, problems } = readLines(text);
  const installed =
    vetting.installed === null ? new Map<string, string>() : readLines(vetting.installed).values;
  for (const [key, value] of values) {
    if (installed.get(key) === value) continue;
    if (installed.size > 0 && KEPT.has(key)) {
      problems.push({ code: 'conf-differs', key, lineage: vetting.lineage, value: shortened(value) });
      continue;
    }
    const problem = vet(key, value, vetting);
    if (problem !== null) problems.push(problem);
  }
  const account = values.get('account') ?? '';
  const server = values.get('server') ?? '';
  if (!ACCOUNT.test(account)) problems.push({ code: 'conf-invalid-account', value: shortened(account) });
  if (!SERVER.test(server)) problems.push({ code: 'conf-invalid-server', value: shortened(server) });
  return problems.length > 0 ? { problems } : { account, server, values };
}

function readLines(text: string) {
  const values = new Map<string, string>();
  const problems: Finding[] = [];
  const sections = new Set<string>();
  text.split('\n').forEach((raw, index) => {
    if (ODD_CHARACTER.test(raw)) {
      problems.push({ code: 'conf-odd-character', line: index + 1 });
      return;
    }
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const section = /^\[([a-z_]+)\]$/.exec(line)?.[1];
    if (section !== undefined && SECTIONS.has(section) && !sections.has(section)) {
      sections.add(section);
      return;
    }
    const [, key, value] = LINE.exec(line) ?? [];
    if (key === undefined || value === undefined || /'''|"""/.test(value) || values.has(key)) {
      problems.push({ code: 'conf-invalid-line', line: index + 1 });
      return;
    }
    values.set(key, value.replace(/^(["'])(.*)\1$/, '$2'));
  });
  return { values, problems };
}

/** Why a value must not come from elsewhere, or null. */
function vet(key: string, value: string, { configDir, lineage, hookCommands }: Vetting): Finding | null {
  if (HARMLESS.has(key) || key === 'account' || key === 'server') {
    const isReplaced = value.includes('%('); // ConfigObj's interpolation
    return isReplaced ? { code: 'conf-reference', key, value: shortened(value) } : null;
  }
  const expected = pathOf(key, configDir, lineage);
  if (expected !== null) {
    return value === expected ? null : { code: 'conf-other-path', key, expected, value: shortened(value) };
  }
  if (HOOKS.has(key)) {
    return hookCommands.has(value)
      ? null
      : { code: 'conf-foreign-command', key, lineage, value: shortened(value) };
  }
  return { code: 'conf-unknown-key', key, lineage };
}

function pathOf(key: string, configDir: string, lineage: string): string | null {
  switch (key) {
    case 'archive_dir':
      return archiveOf(configDir, lineage);
    case 'cert':
    case 'privkey':
    case 'chain':
    case 'fullchain':
      return join(liveOf(configDir, lineage), `${key}.pem`);
    case 'config_dir':
      return configDir;
    default:
      return null;
  }
}

function shortened(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}…` : value;
}
