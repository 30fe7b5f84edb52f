import { checkCommand } from '../command.ts';
import type { Keeper } from '../keeper.ts';

/** One host's place on the lab's only wire. */
export interface Attachment {
  readonly name: string;
  /** The last byte of its addresses, of whatever kind. */
  readonly number: number;
  readonly address: string;
  readonly address6: string | null;
}

/** The wire: a bridge in the keeper's own network namespace. */
export async function createBridge(keeper: Keeper): Promise<void> {
  await batch(keeper, 'ip', [
    'link set lo up',
    'link add lab0 type bridge mcast_snooping 0',
    'link set lab0 up',
  ]);
}

/** A network namespace with `eth0`, plugged in. */
export async function attach(keeper: Keeper, { name, number, address, address6 }: Attachment): Promise<void> {
  await checkCommand(keeper.enter(['ip', 'netns', 'add', name]));
  await batch(keeper, 'ip', [
    // The same network card after every boot: the others remember it.
    `link add ${port(name)} type veth peer name eth0 address 02:00:00:00:69:${hex(number)} netns ${name}`,
    `link set ${port(name)} master lab0 up`,
  ]);
  await checkCommand(inNetwork(keeper, name, ['sh', '-euc', SYSCTLS]));
  await batch(keeper, `ip -n ${name}`, [
    'link set lo up',
    'link set eth0 up',
    `addr add ${address}/24 dev eth0`,
    ...(address6 === null ? [] : [`addr add ${address6}/64 dev eth0 nodad`]),
  ]);
}

/**
 * By default Linux ignores news of a moved address for the first second after the last news, so a VIP that moves
 * twice in a second would be looked for at the wrong host. No duplicate-address detection: nothing else is here.
 */
const SYSCTLS = `cd /proc/sys/net
echo 0 >ipv4/neigh/eth0/locktime
[ ! -d ipv6 ] || { echo 0 >ipv6/neigh/eth0/locktime; echo 0 >ipv6/conf/eth0/accept_dad; }`;

/** Takes the network away with all its addresses and half-open connections. */
export async function detach(keeper: Keeper, name: string): Promise<void> {
  await checkCommand(keeper.enter(['ip', 'link', 'del', port(name)]));
  await checkCommand(keeper.enter(['ip', 'netns', 'del', name]));
}

export async function setLink(keeper: Keeper, name: string, state: 'up' | 'down'): Promise<void> {
  await checkCommand(keeper.enter(['ip', 'link', 'set', port(name), state]));
}

export async function isPluggedIn(keeper: Keeper, name: string): Promise<boolean> {
  const json = await checkCommand(keeper.enter(['ip', '-n', name, '-j', 'link', 'show', 'dev', 'eth0']));
  return (JSON.parse(json) as { operstate?: string }[])[0]?.operstate === 'UP';
}

/** The addresses on a host's `eth0`. */
export async function addressesOf(keeper: Keeper, name: string): Promise<readonly string[]> {
  const json = await checkCommand(keeper.enter(['ip', '-n', name, '-j', 'address', 'show', 'dev', 'eth0']));
  const links = JSON.parse(json) as { addr_info?: { local?: string }[] }[];
  return links.flatMap((link) => (link.addr_info ?? []).flatMap(({ local }) => local ?? []));
}

/** The command that runs `argv` in a host's network, whether or not the host is booted. */
export function inNetwork(keeper: Keeper, name: string, argv: readonly string[]): readonly string[] {
  return keeper.enter(argv, { network: name });
}

async function batch(keeper: Keeper, command: string, lines: readonly string[]): Promise<void> {
  const argv = keeper.enter([...command.split(' '), '-batch', '-']);
  await checkCommand(argv, { input: `${lines.join('\n')}\n` });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** The other end of a host's cable. Interface names hold 15 characters. */
function port(name: string): string {
  return `to-${name}`;
}
