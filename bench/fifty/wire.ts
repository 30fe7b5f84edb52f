import { mkdir, writeFile } from 'node:fs/promises';
import { run } from '../../test/support/programs/program.ts';

// Hosts with a network of their own each, all on one router: a bridge would have each of fifty remember
// all others, more than a kernel keeps by default for all of them.

const GATEWAY = '169.254.1.1';
export const VIP = '10.69.1.1';

export const addressOf = (number: number) => `10.69.0.${number}`;
const spaceOf = (number: number) => `/run/netns/n${number}`;

/** Makes the networks of so many hosts, in the network of this process; the first has the VIP. They go with this process's namespaces. */
export async function createWire(count: number): Promise<void> {
  await mkdir('/run/netns', { recursive: true });
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  await batch([], ['link set lo up', ...numbers.map((number) => `netns add n${number}`)]);
  await batch([], numbers.flatMap(linkOf));
  for (const number of numbers) await batch(['-n', `n${number}`], insideOf(number));
}

/** The command line that runs `argv` on a host. */
export function onHost(number: number, argv: readonly string[]): readonly string[] {
  return ['nsenter', `--net=${spaceOf(number)}`, '--', ...argv];
}

function linkOf(number: number): readonly string[] {
  return [
    `link add v${number} type veth peer name eth0 netns n${number}`,
    `addr add ${GATEWAY}/32 dev v${number}`,
    `link set v${number} up`,
    `route add ${addressOf(number)}/32 dev v${number}`,
    ...(number === 1 ? [`route add ${VIP}/32 dev v${number}`] : []),
  ];
}

function insideOf(number: number): readonly string[] {
  return [
    'link set lo up',
    `addr add ${addressOf(number)}/32 dev eth0`,
    ...(number === 1 ? [`addr add ${VIP}/32 dev eth0`] : []),
    'link set eth0 up',
    `route add ${GATEWAY}/32 dev eth0 src ${addressOf(number)}`,
    `route add default via ${GATEWAY} dev eth0 src ${addressOf(number)}`,
  ];
}

async function batch(options: readonly string[], lines: readonly string[]): Promise<void> {
  const { code, stderr } = await run(['ip', ...options, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(`ip -batch: ${stderr}`);
}
