import { dirname, join } from 'node:path';
import { challengeAbilitiesOf, type Transports } from '../cluster/abilities.ts';
import { shellWord } from '../findings/area.ts';
import type { FindingOf } from '../findings/register.ts';
import { byHand, sedPattern, typed, type Step } from '../findings/step.ts';

/** Made where it is missing. Of one that is there the mode's other bits stay, since they limit what an ACL gives. @param tokens a word of a shell */
function makeForAgent(tokens: string): string {
  return `test -d ${tokens} || install -d ${tokens}; chown certbot-ha:certbot-ha ${tokens}; chmod u+rwx,go+rx ${tokens}`;
}

/** The agent writes the tokens; the web server reads them, by every directory above. What nodes share may not be mounted: nothing is made below it. */
export function letAgentWrite(directory: string, transport?: Transports): string {
  const tokens = shellWord(directory);
  const first =
    transport !== undefined && challengeAbilitiesOf({ transport }).isWebrootShared
      ? `findmnt -T ${tokens}`
      : // Its unit lets it write only into the webroot that was there when it started.
        `${makeForAgent(tokens)}; systemctl restart certbot-ha-agent`;
  return `${first}; namei -l ${tokens}; df -h ${tokens}`;
}

/** What of a file system takes most room, the largest last. It writes nothing where nothing may be left. @param what of du */
export function whatFills(directory: string, what = ''): readonly Step[] {
  // What is not there yet is on the file system of what is above it.
  const places = withParents(directory).map(shellWord).join(' ');
  const mount = `"$(df --output=target ${places} 2>/dev/null | sed -n 2p)"`;
  const [all, by] = what === '' ? ['-xah', '-h'] : [`-x ${what}`, '-n'];
  return [
    ...typed(`du ${all} --max-depth=3 ${mount} | sort -S 64M ${by} | tail -n 20`),
    ...byHand('delete or move what nobody needs'),
  ];
}

function withParents(directory: string): readonly string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...withParents(above)];
}

const DEPLOY_KEYS: ReadonlySet<string> = new Set(['deploy-hook', 'renew-hook']);
/** A finding shows the beginning of what is longer. */
const MAX_VALUE_LENGTH = 99;

/**
 * What takes a line out of cli.ini, and keeps a copy for each time; what it runs after a renewal is run by another file from then on. Null for
 * another hook, which somebody may need.
 */
export function lineAway(
  { file, key, value }: FindingOf<'cli-ini-overrides'>,
  { configDir }: { readonly configDir: string },
): string | null {
  const [ini, before] = [shellWord(file), shellWord(`${file}.before`)];
  const line = shellWord(`/^[[:space:]]*(--)?${sedPattern(key)}([[:space:]:=]|$)/d`);
  const away = `cp -p --backup=numbered ${ini} ${before} && sed -i -E ${line} ${ini}`;
  if (!DEPLOY_KEYS.has(key)) return key.endsWith('-hook') ? null : away;
  if (value.length > MAX_VALUE_LENGTH) return null;
  // There certbot runs commands besides certbot-ha-deploy.
  const hooks = join(configDir, 'renewal-hooks/deploy');
  const [directory, hook] = [shellWord(hooks), shellWord(join(hooks, 'from-cli-ini'))];
  const move = `printf '#!/bin/sh\\n%s\\n' ${shellWord(value)} >>${hook}`;
  return `mkdir -p ${directory} && ${move} && chmod 755 ${hook} && ${away}`;
}
