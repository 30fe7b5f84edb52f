import { BlockList } from 'node:net';
import type { InterfaceAddress } from '../../cluster/machine.ts';
import { shellWord } from '../../findings/area.ts';
import { isIpAddress, normalAddress } from '../../net/address.ts';
import { successOf, type Programs } from '../admin-programs.ts';
import { addressesOf, comments, familyOf, pasted, type Access } from './sources.ts';

/** What firewalld is asked of this host. */
export interface Here {
  readonly interfaces: readonly InterfaceAddress[];
  /** those of this node that the agent listens on */
  readonly own: readonly string[];
}

const CMD = 'firewall-cmd';
/** What it ends with where the service does not run. */
const NOT_RUNNING = 252;
/** The same where the bus that it needs does not run: a container. */
const BUS_ERROR = 36;
const WITHOUT_BUS = /Failed to connect to socket \S+: No such file or directory/;
/** firewalld's own, where nothing else is said. */
const USUAL_ZONE = 'public';

interface ZoneRule {
  readonly zone: string;
  readonly rule: string;
}

/** @throws {CertbotHaError} `failed` where it does not say */
export async function isFirewalldActive({ ask }: Programs): Promise<boolean> {
  const argv = [CMD, '--state'];
  const result = await ask(argv);
  if (result.code === NOT_RUNNING || result.trouble?.code === 'program-not-installed') return false;
  if (result.code === BUS_ERROR && WITHOUT_BUS.test(result.stderr)) return false;
  successOf(argv, result);
  return true;
}

export async function showFirewalld(
  access: Access,
  programs: Programs,
  here: Here,
): Promise<readonly string[]> {
  const isActive = await isFirewalldActive(programs);
  const rules = await rulesFor(access, isActive ? programs : null, here);
  return [
    ...comments(access),
    ...(isActive ? [] : [`# firewalld does not run here: the zone is its usual one, ${USUAL_ZONE}`]),
    ...pasted(
      rules.flatMap((rule) =>
        [true, false].map((isPermanent) => commandOf(rule, 'add', isPermanent).map(shellWord).join(' ')),
      ),
    ),
  ];
}

/** Adds what lacks, to what is loaded at the next start and to what runs. Takes nothing away: nothing tells our rules from others. */
export async function putFirewalld(
  access: Access,
  programs: Programs,
  { here, out }: { readonly here: Here; readonly out: (line: string) => void },
): Promise<void> {
  const rules = await rulesFor(access, programs, here);
  const active = zonesIn(await programs.tell([CMD, '--get-active-zones'])).map(({ zone }) => zone);
  const usual = await zoneHere(programs, here);
  const zones = new Set([...rules.map((rule) => rule.zone), ...active, usual]);
  for (const isPermanent of [true, false]) {
    for (const zone of zones) {
      const wanted = rules.filter((rule) => rule.zone === zone);
      const list = [CMD, ...options(zone, isPermanent), '--list-rich-rules'];
      const listed = await programs.ask(list);
      // A zone may be active, and in no permanent file. Where it gets no rule, that is no affair of ours.
      const there = (wanted.length > 0 || listed.code === 0 ? successOf(list, listed) : '').split('\n');
      for (const rule of wanted) {
        const command = commandOf(rule, 'add', isPermanent);
        const isThere = there.includes(rule.rule);
        if (!isThere) await programs.tell(command);
        out(`${isThere ? 'already there' : 'done'}: ${command.map(shellWord).join(' ')}`);
      }
      for (const line of leftOf(there, zone, { access, isPermanent })) out(line);
    }
  }
  if (rules.length > 0) out('kept: firewalld loads its permanent rules at every start');
}

/** The rules that have the shape of ours, and are for who is no peer. */
function leftOf(
  there: readonly string[],
  zone: string,
  { access, isPermanent }: { readonly access: Access; readonly isPermanent: boolean },
): readonly string[] {
  const wanted = new Set([...addressesOf(access, 'ip'), ...addressesOf(access, 'ip6')]);
  const ours = shapeFor(access.port);
  return there.flatMap((rule) => {
    const [, address] = ours.exec(rule) ?? [];
    if (address === undefined || wanted.has(normalAddress(address))) return [];
    const command = commandOf({ zone, rule }, 'remove', isPermanent).map(shellWord).join(' ');
    return [`left: ${address} is no other node of the configuration. To remove its rule: ${command}`];
  });
}

/** What removes the rules that have the shape of ours; none where firewalld does not say. */
export async function leftInFirewalld(port: number, { ask }: Programs): Promise<readonly string[]> {
  const commands: string[] = [];
  for (const isPermanent of [true, false]) {
    const { code, stdout } = await ask([CMD, ...(isPermanent ? ['--permanent'] : []), '--list-all-zones']);
    let zone = '';
    for (const line of code === 0 ? stdout.split('\n') : []) {
      zone = /^(\S+)/.exec(line)?.[1] ?? zone;
      const rule = line.trim();
      if (shapeFor(port).test(rule))
        commands.push(commandOf({ zone, rule }, 'remove', isPermanent).map(shellWord).join(' '));
    }
  }
  return commands;
}

/** That of our rules, each of which is for one address. */
function shapeFor(port: number): RegExp {
  return new RegExp(
    `^rule family="ipv[46]" source address="([^"/]+)" port port="${port}" protocol="tcp" accept$`,
  );
}

function commandOf(
  { zone, rule }: ZoneRule,
  what: 'add' | 'remove',
  isPermanent: boolean,
): readonly string[] {
  return [CMD, ...options(zone, isPermanent), `--${what}-rich-rule=${rule}`];
}

function options(zone: string, isPermanent: boolean): readonly string[] {
  return [...(isPermanent ? ['--permanent'] : []), `--zone=${zone}`];
}

/** @param programs null: firewalld does not run */
async function rulesFor(access: Access, programs: Programs | null, here: Here): Promise<readonly ZoneRule[]> {
  const addresses = [...addressesOf(access, 'ip'), ...addressesOf(access, 'ip6')];
  const zones = programs === null ? [] : zonesIn(await programs.tell([CMD, '--get-active-zones']));
  const usual = programs === null ? USUAL_ZONE : await zoneHere(programs, here);
  return addresses.map((address) => {
    const family = familyOf(address) === 'ip' ? 'ipv4' : 'ipv6';
    const rule = `rule family="${family}" source address="${address}" port port="${access.port}" protocol="tcp" accept`;
    // A zone of sources counts before that of the interface.
    const zone = zones.find(({ sources }) => sources.some((source) => isWithin(address, source)))?.zone;
    return { zone: zone ?? usual, rule };
  });
}

/** That of the interface which has this node's address, else the default one. */
async function zoneHere({ ask, tell }: Programs, { interfaces, own }: Here): Promise<string> {
  const addresses = new Set(own.map(normalAddress));
  const found = interfaces.find(({ address }) => addresses.has(normalAddress(address)));
  if (found !== undefined) {
    const { code, stdout } = await ask([CMD, `--get-zone-of-interface=${found.interface}`]);
    if (code === 0 && stdout.trim() !== '') return stdout.trim();
  }
  return (await tell([CMD, '--get-default-zone'])).trim();
}

/** `public (default)`, and below it, indented, `interfaces: eth0` and `sources: 192.0.2.0/24`. */
function zonesIn(text: string): readonly { readonly zone: string; readonly sources: readonly string[] }[] {
  const zones: { zone: string; sources: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [, zone] = /^(\S+)/.exec(line) ?? [];
    if (zone !== undefined) zones.push({ zone, sources: [] });
    const [, sources] = /^\s+sources:\s*(.*)$/.exec(line) ?? [];
    if (sources !== undefined) zones.at(-1)?.sources.push(...sources.split(/\s+/).filter(Boolean));
  }
  return zones;
}

/** @param source an address or a network; what else firewalld knows as one, such as an ipset, has no address in it here */
function isWithin(address: string, source: string): boolean {
  const [net = '', length] = source.split('/');
  const type = (one: string) => (familyOf(one) === 'ip' ? 'ipv4' : 'ipv6');
  if (!isIpAddress(net) || type(net) !== type(address)) return false;
  const prefix = /^\d{1,3}$/.test(length ?? '') ? Number(length) : Number.NaN;
  if (!(prefix <= (type(net) === 'ipv4' ? 32 : 128))) return normalAddress(net) === address;
  const block = new BlockList();
  block.addSubnet(net, prefix, type(net));
  return block.check(address, type(address));
}
