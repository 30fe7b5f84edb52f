import { join } from 'node:path';
import { CERTBOT_SERVICES } from '../certbot/units-shown.ts';
import { shellWord } from '../findings/area.ts';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';
import type { Programs } from './admin-programs.ts';
import { hasRulesFile } from './firewall/at-boot.ts';
import { leftInFirewalld } from './firewall/firewalld.ts';
import { inputChains, outdatedIn } from './firewall/iptables.ts';
import { INCLUDE, RULES_FILE } from './firewall/keep-nft.ts';
import { markedRules } from './firewall/nft-rules.ts';
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
  const found = await Promise.all([
    inNft(asked),
    inUfw(asked),
    leftInFirewalld(asked.port, asked.programs),
    inputChains(asked.programs, { isPatient: true }).then((chains) => asCommands(outdatedIn(chains, null))),
    inSelinux(asked),
    dropIns(asked.root),
  ]);
  return found.flat().map((command) => `left, to take it away: ${command}`);
}

async function inNft({ programs, root }: Asked): Promise<readonly string[]> {
  const { code, stdout } = await programs.ask(['nft', '--json', 'list', 'ruleset']);
  const rules = code === 0 ? markedRules(readRuleset(stdout)) : [];
  const conf = await orNone(textOf(join(root, NFT_CONF)), null);
  const isIncluded = conf?.split('\n').includes(INCLUDE) === true;
  return [
    ...rules.map((place) => `nft delete rule ${place}`),
    ...(isIncluded ? [`remove this line from ${join(root, NFT_CONF)}: ${INCLUDE}`] : []),
    ...((await hasRulesFile(root)) ? [`rm ${shellWord(join(root, RULES_FILE))}`] : []),
  ];
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
      const entries = await entriesOf(join(root, UNITS, name));
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
