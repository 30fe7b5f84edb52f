import { shellWord } from '../findings/area.ts';
import type { FindingOf } from '../findings/register.ts';

/** The agent writes the tokens; the web server reads them, by every directory above. */
export function letAgentWrite(directory: string): string {
  const tokens = shellWord(directory);
  return `install -d -m 0755 -o certbot-ha -g certbot-ha ${tokens}; namei -l ${tokens}; df -h ${tokens}`;
}

/** What of a file system takes most room, the largest last. @param what of du */
export function whatFills(directory: string, what = ''): string {
  const mount = `"$(df --output=target ${shellWord(directory)} | tail -n 1)"`;
  const [all, by] = what === '' ? ['-xah', '-h'] : [`-x ${what}`, '-n'];
  return `du ${all} ${mount} | sort ${by} | tail -n 20  # delete or move there what nobody needs`;
}

/** There certbot runs commands besides certbot-ha-deploy. */
const HOOKS = '/etc/letsencrypt/renewal-hooks/deploy';
const DEPLOY_KEYS: ReadonlySet<string> = new Set(['deploy-hook', 'renew-hook']);
/** A finding shows the beginning of what is longer. */
const MAX_VALUE_LENGTH = 99;

/** What takes a line out of cli.ini, and keeps a copy; what it runs after a renewal is run by another file from then on. */
export function lineAway({ file, key, value }: FindingOf<'cli-ini-overrides'>): string | null {
  const away = `sed -i.before -E '/^[[:space:]]*(--)?${key}([[:space:]:=]|$)/d' ${shellWord(file)}`;
  if (!DEPLOY_KEYS.has(key)) return away;
  if (value.length > MAX_VALUE_LENGTH) return null;
  const hook = `${HOOKS}/from-cli-ini`;
  const move = `printf '#!/bin/sh\\n%s\\n' ${shellWord(value)} >>${hook}`;
  return `mkdir -p ${HOOKS} && ${move} && chmod 755 ${hook} && ${away}`;
}
