import { setTimeout as pause } from 'node:timers/promises';
import type { Lab, LabNode } from '../../test/lab/contract.ts';
import { challengesOf, type Sharing, type Three } from '../../test/lab/sharing/system.ts';
import { putProgram } from './programs.ts';

/** Cables are pulled, so nobody is told. Each figure is in ms; null: not within `DEADLINE_MS`. */
export interface Failures {
  /** The cable of the node that has just written is pulled: until the others serve what it wrote. */
  readonly writerCut: Reached;
  /** The cable of another node is pulled: until a write has returned, and until the third node serves it. */
  readonly otherCut: Written;
  /** The cable is back: until that node serves what is written from then on. */
  readonly otherBack: Reached;
  /** The server's cable is pulled: until a node serves what it served before, or says no. */
  readonly serverCut?: Written;
  readonly serverBack?: Reached;
}

interface Reached {
  readonly servedMs: number | null;
}

interface Written extends Reached {
  /** When the write had returned. */
  readonly wroteMs: number | null;
}

export const DEADLINE_MS = 45_000;

/** Leaves every cable plugged in. */
export async function measureFailures(
  lab: Lab,
  nodes: Three,
  server: LabNode | undefined,
  sharing: Sharing,
): Promise<Failures> {
  const [web1, web2, web3] = nodes;
  const ask = await putProgram(lab.ca, 'ask');
  const untilServed = async (word: string, on: readonly LabNode[]): Promise<Reached> => {
    const addresses = on.map(({ address }) => address);
    const given = ['until', String(DEADLINE_MS), tokenOf(word), bodyOf(word), ...addresses];
    const said = await lab.ca.check([...ask, ...given], { timeoutMs: DEADLINE_MS + 20_000 });
    const times = JSON.parse(said) as readonly (number | null)[];
    return { servedMs: times.includes(null) ? null : Math.max(...(times as readonly number[])) };
  };
  const written = async (word: string, on: readonly LabNode[]): Promise<Written> => {
    const [wroteMs, served] = await Promise.all([write(web1, sharing, word), untilServed(word, on)]);
    return { wroteMs, ...served };
  };
  await write(web1, sharing, 'writer-cut');
  const writerCut = await cut(web1, async () => await untilServed('writer-cut', [web2, web3]));
  await written('writer-back', nodes);
  const otherCut = await cut(web2, async () => await written('other-cut', [web3]));
  const otherBack = await written('other-back', nodes);
  if (server === undefined) return { writerCut, otherCut, otherBack };
  const serverCut = await cut(server, async () => {
    const [wroteMs, served] = await Promise.all([
      write(web1, sharing, 'server-cut'),
      untilServed('other-back', [web2]),
    ]);
    return { wroteMs, ...served };
  });
  return { writerCut, otherCut, otherBack, serverCut, serverBack: await written('server-back', nodes) };
}

/** As many characters as a token of a CA and an account's thumbprint have: certbot-ha's agents carry nothing else. */
const CHARACTERS = 43;
const tokenOf = (word: string) => word.padEnd(CHARACTERS, '-');
const bodyOf = (word: string) => `${tokenOf(word)}.${tokenOf('thumbprint')}`;

async function cut<T>(node: LabNode, measure: () => Promise<T>): Promise<T> {
  await node.unplug();
  try {
    return await measure();
  } finally {
    await node.plug();
  }
}

const WRITE = `printf %s "$2" >"$1.tmp" && mv "$1.tmp" "$1"`;

/** As certbot-ha writes; then what the system needs besides. */
async function write(node: LabNode, { push }: Sharing, word: string): Promise<number | null> {
  const startedMs = performance.now();
  const token = tokenOf(word);
  const file = `${challengesOf(node)}/${token}`;
  const script = push === undefined ? WRITE : `${WRITE}; set -- ${token}; ${push(node)}`;
  const argv = ['timeout', '--signal=KILL', String(DEADLINE_MS / 1_000), 'sh', '-c', script, 'sh'];
  const run = node.run([...argv, file, bodyOf(word)], { timeoutMs: DEADLINE_MS + 20_000 });
  // No signal ends what waits for a file system's program. It ends when the cable is back, or with the host.
  const code = await Promise.race([
    run.then((result) => result.code).catch(() => null),
    pause(DEADLINE_MS + 1_000, null, { ref: false }),
  ]);
  return code === 0 ? Math.round(performance.now() - startedMs) : null;
}
