import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { CERTBOT_SERVICES } from '../certbot/units-shown.ts';
import { shellWord } from '../findings/area.ts';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';
import type { Programs } from './admin-programs.ts';
import { hasRulesFile } from './firewall/at-boot.ts';
import { leftInFirewalld } from './firewall/firewalld.ts';
import { inputChains, outdatedIn } from './firewall/iptables.ts';
import { INCLUDE, RULES_FILE } from './firewall/keep-nft.ts';
import { MARK, markedIn, placeOf } from './firewall/nft-rules.ts';
import { readRuleset } from './firewall/ruleset.ts';
import { outdatedUfw } from './firewall/ufw.ts';
import { MODULE } from './selinux/policy.ts';

interface Asked {
  readonly programs: Programs;
  /** below which the files are */
  readonly root: string;
  /** the agent's: rules of firewalld have nothing else to tell them by */
  readonly port: number;
}

const UNITS = '/etc/systemd/system';
const NFT_CONF = '/etc/nftables.conf';

/** What the set-up has added to this host, a line each, with what takes it away. What cannot be asked is passed over. */
export async function leftBehind(asked: Asked): Promise<readonly string[]> {
  const questions = [
    inNftFiles(asked.root),
    inNft(asked),
    inUfw(asked),
    leftInFirewalld(asked.port, asked.programs),
    inputChains(asked.programs, { isPatient: true }).then((chains) => asCommands(outdatedIn(chains, null))),
    inSelinux(asked),
    dropIns(asked.root),
  ];
  const found = await Promise.all(questions.map(async (question) => await question.catch(noneOf)));
  return found.flat().map((command) => `left, to take it away: ${command}`);
}

/** What one question meets stops none of the others. */
function noneOf(error: unknown): readonly string[] {
  if (error instanceof SyntaxError || error instanceof CertbotHaError || isSystemError(error)) return [];
  throw error;
}

/** Before the rules: what loads them brings them back. */
async function inNftFiles(root: string): Promise<readonly string[]> {
  const conf = await orNone(textOf(join(root, NFT_CONF)), null);
  const isIncluded = conf?.split('\n').includes(INCLUDE) === true;
  return [
    ...(isIncluded ? [`remove this line from ${join(root, NFT_CONF)}: ${INCLUDE}`] : []),
    ...((await hasRulesFile(root)) ? [`rm ${shellWord(join(root, RULES_FILE))}`] : []),
  ];
}

async function inNft({ programs }: Asked): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(['nft', '--json', 'list', 'ruleset']);
  return code === 0 ? markedIn(readRuleset(stdout)).map((chain) => deletionIn(placeOf(chain))) : [];
}

/** Finds the rules when it is run: a handle is another rule's once the ruleset was loaded anew. */
function deletionIn(place: string): string {
  const found = String.raw`s|^.* comment "${MARK}" # handle \([0-9]*\)$|delete rule ${place} handle \1|p`;
  return `nft -a list chain ${place} | sed -n '${found}' | nft -f -`;
}

async function inUfw({ programs }: Asked): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(['ufw', 'show', 'added']);
  return code === 0 ? asCommands(outdatedUfw(stdout, null).map((rule) => ['ufw', 'delete', ...rule])) : [];
}

async function inSelinux({ programs }: Asked): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(['semodule', '-l']);
  const isLoaded = code === 0 && stdout.split('\n').some((line) => line.split(/\s/)[0] === MODULE);
  return isLoaded ? [`semodule -r ${MODULE} && restorecon -RF /etc/certbot-ha /var/lib/certbot-ha`] : [];
}

/** Those that init prints for the units and for certbot's, beside that of install. */
async function dropIns(root: string): Promise<readonly string[]> {
  const directories = (await entriesOf(join(root, UNITS))).filter((name) => name.endsWith('.d'));
  const files = await Promise.all(
    directories.map(async (name) => {
      const isOwn = name.startsWith('certbot-ha-');
      if (!isOwn && !CERTBOT_SERVICES.some((service) => name === `${service}.d`)) return [];
      const entries = await orNone(entriesOf(join(root, UNITS, name)), []);
      return entries
        .filter((entry) => (isOwn ? entry.endsWith('.conf') : /^certbot-ha-.*\.conf$/.test(entry)))
        .map((entry) => shellWord(join(root, UNITS, name, entry)));
    }),
  );
  const all = files.flat().toSorted();
  return all.length === 0 ? [] : [`rm ${all.join(' ')} && systemctl daemon-reload`];
}

function asCommands(commands: readonly (readonly string[])[]): readonly string[] {
  return commands.map((command) => command.map(shellWord).join(' '));
}
