import type { Lab, LabNode } from '../test/lab/contract.ts';
import { letRootIn } from '../test/lab/scene/root-ssh.ts';
import { challengesOf } from '../test/lab/sharing/system.ts';
import { median, percentile99, ratio, spreadOf, type Figure } from './figure.ts';
import { PROGRAM } from './watch-program.ts';

const ROUNDS = 150;
/** Of what is compared alone. */
const FEWER_ROUNDS = 80;
/** Each begins when the kept connections were ended, and nothing has happened for a while. */
const COLD_ROUNDS = 20;
const COLD_PAUSE_MS = 2_000;
const OTHERS_ROUNDS = 10;
const AT_MOST_MS = { median: 10, p99: 50 };
/** Of 5 ms, a millisecond more. */
const SILENT_AT_MOST = 1.2;

interface Measured {
  /** of each peer, the milliseconds that each round took */
  readonly times: readonly (readonly number[])[];
  /** rounds that could not begin as they should */
  readonly leftOut: number;
}

interface Rounds {
  readonly peers: readonly LabNode[];
  readonly rounds: number;
  readonly pauseMs?: number;
  /** connections of the agent to this port are ended before each round; a round that one is kept in is left out */
  readonly endPort?: number;
  /** what a shell does with the token `$1` after it has come, and after it has gone */
  readonly commands?: readonly [string, string];
}

/** A token of another client from its rename on one host until the others serve it. */
export async function measureWatch(lab: Lab): Promise<readonly Figure[]> {
  const [web1, web2, web3] = lab.nodes as readonly [LabNode, LabNode, LabNode];
  const peers = [web2, web3];
  const warm = await measure(web1, { peers, rounds: ROUNDS, pauseMs: 100 });
  const cold = await measure(web1, { peers, rounds: COLD_ROUNDS, pauseMs: COLD_PAUSE_MS, endPort: 9480 });
  const both = await measure(web1, { peers: [web2], rounds: FEWER_ROUNDS, pauseMs: 100 });
  await web3.unplug();
  const silent = await measure(web1, { peers: [web2], rounds: FEWER_ROUNDS, pauseMs: 100 });
  await web3.plug();
  const figures = [
    ...figuresOf('token of another client, until 2 peers serve it, a connection kept', warm, AT_MOST_MS),
    ...figuresOf('the same, no connection kept', cold, AT_MOST_MS),
    ...figuresOf('until 1 of 2 peers serves it', both),
    ...figuresOf('the same, while the other one is silent', silent),
    ratio(
      'until 1 of 2 peers serves it, the other one silent, over the other one up',
      ofOne(silent),
      ofOne(both),
      SILENT_AT_MOST,
      false,
    ),
  ];
  for (const node of lab.nodes) await node.stopService('agent');
  await letRootIn(lab.nodes);
  figures.push(...figuresOf('rsync over ssh to each, side by side', await byRsync(web1, peers)));
  figures.push(...(await byLsyncd(web1, peers)));
  for (const node of lab.nodes) await node.startService('agent');
  return figures;
}

async function measure(
  node: LabNode,
  { peers, rounds, pauseMs = 0, endPort = 0, commands = ['', ''] }: Rounds,
): Promise<Measured> {
  const argv = commands[0] === '' ? [] : commands;
  const addresses = peers.map(({ address }) => address).join(',');
  const given = [challengesOf(node), addresses, String(rounds), String(pauseMs), String(endPort), ...argv];
  const text = await node.check(['node', '-e', PROGRAM, '--', ...given], { timeoutMs: 600_000 });
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Measured;
}

const SSH = 'ssh -o BatchMode=yes';
const at = (node: LabNode, address: string) => `root@${address}:${challengesOf(node)}/`;

async function byRsync(node: LabNode, peers: readonly LabNode[]): Promise<Measured> {
  const toEach = (command: (address: string) => string) =>
    `${peers.map(({ address }) => command(address)).join(' & ')} & wait`;
  const push = (address: string) => `rsync -e "${SSH}" "${challengesOf(node)}/$1" ${at(node, address)}`;
  const remove = (address: string) =>
    `echo "$1" | rsync -e "${SSH}" --files-from=- --delete-missing-args ${challengesOf(node)}/ ${at(node, address)}`;
  return await measure(node, { peers, rounds: OTHERS_ROUNDS, commands: [toEach(push), toEach(remove)] });
}

async function byLsyncd(node: LabNode, peers: readonly LabNode[]): Promise<readonly Figure[]> {
  if ((await node.run(['sh', '-c', 'command -v lsyncd'])).code !== 0) return [];
  const rsync = `rsync = { rsh = "${SSH}", archive = true }`;
  const sync = ({ address }: LabNode) =>
    `sync { default.rsync, source = "${challengesOf(node)}/", target = "${at(node, address)}", delay = 0, ${rsync} }`;
  await node.writeFile('/root/lsyncd.lua', `settings { nodaemon = true }\n${peers.map(sync).join('\n')}\n`);
  const argv = ['lsyncd', '-nodaemon', '/root/lsyncd.lua'];
  await node.check(['systemd-run', '--quiet', '--unit=bench-lsyncd', '--setenv=HOME=/root', ...argv]);
  try {
    const times = await measure(node, { peers, rounds: OTHERS_ROUNDS, pauseMs: 1_000 });
    return figuresOf('lsyncd with rsync over ssh, delay 0', times);
  } finally {
    await node.run(['systemctl', 'stop', 'bench-lsyncd']);
  }
}

/** Where one peer alone is asked. */
const ofOne = ({ times: [first = []] }: Measured) => first;

/** Of the peer that was last in each round. */
function figuresOf(
  what: string,
  { times, leftOut }: Measured,
  atMost?: typeof AT_MOST_MS,
): readonly Figure[] {
  const [first = []] = times;
  const last = first.map((_, round) => Math.max(...times.map((ofPeer) => ofPeer[round] ?? 0)));
  if (last.length === 0) {
    console.error(`bench: watch: ${what}: no round, the agent kept a connection in all ${leftOut}`);
    return [];
  }
  const without = leftOut === 0 ? '' : `, ${leftOut} left out, a connection was kept`;
  const [best, worst] = [Math.min(...last), Math.max(...last)];
  const from = `${last.length} rounds${without}; best ${best.toFixed(1)}, worst ${worst.toFixed(1)} ms`;
  return [
    {
      what: `${what}: median`,
      value: median(last),
      unit: 'ms',
      from,
      ...spreadOf(last),
      ...(atMost && { atMost: atMost.median }),
    },
    {
      what: `${what}: 99th percentile`,
      value: percentile99(last),
      unit: 'ms',
      ...(atMost && { atMost: atMost.p99 }),
    },
  ];
}
