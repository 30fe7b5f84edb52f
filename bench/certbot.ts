import type { Lab, LabNode } from '../test/lab/contract.ts';
import { growthFigure, type Rounds } from './curve.ts';
import { ratio, type Figure } from './figure.ts';
import { installHandwrittenHooks, installLeastHooks } from './handwritten.ts';

/** Names of a certificate, and what certbot-ha may take over what `--webroot` takes. */
const AT_MOST = new Map([
  [1, 1.05],
  [10, 1.08],
  [30, 1.12],
  [100, 1.15],
]);
const ROUNDS = 5;
/** A hundred names are the most that Let's Encrypt puts into a certificate, and take their time. */
const MANY = 100;
const MANY_ROUNDS = 3;
/** The hand-written hooks take up to a minute, so once tells enough; a hundred names would take them three. */
const HANDWRITTEN_ROUNDS = 1;
const TIMEOUT_MS = 600_000;

const OURS = hooks('certbot-ha-auth', 'certbot-ha-cleanup');

/** Milliseconds of each round, by the number of names. */
interface Times {
  readonly webroot: Map<number, number[]>;
  /** with hooks that only write a file: what certbot itself takes to run some */
  readonly least: Map<number, number[]>;
  readonly ours: Map<number, number[]>;
  readonly handwritten: Map<number, number[]>;
}

/** Wall time of `certbot certonly` on the VIP's holder, with a new certificate each time. */
export async function measureCertbot(lab: Lab): Promise<readonly Figure[]> {
  const node = await lab.holder();
  const handwritten = hooks(...(await installHandwrittenHooks(lab, node)));
  const least = hooks(...(await installLeastHooks(node)));
  const webroot = ['--webroot', '-w', node.paths.webroot];
  await issue(lab, node, webroot, 1); // the account, which no run shall pay for
  const times: Times = { webroot: new Map(), least: new Map(), ours: new Map(), handwritten: new Map() };
  for (const names of AT_MOST.keys()) {
    const add = async (to: Map<number, number[]>, how: readonly string[]) => {
      const ms = await issue(lab, node, how, names);
      to.set(names, [...(to.get(names) ?? []), ms]);
    };
    for (let round = 0; round < (names === MANY ? MANY_ROUNDS : ROUNDS); round += 1) {
      await add(times.webroot, webroot);
      await add(times.least, least);
      await add(times.ours, OURS);
      if (round < HANDWRITTEN_ROUNDS && names !== MANY) await add(times.handwritten, handwritten);
    }
  }
  return [...[...AT_MOST.keys()].flatMap((names) => ratiosOf(times, names)), ...growthOf(times)];
}

function ratiosOf({ webroot, least, ours, handwritten }: Times, names: number): readonly Figure[] {
  const of = `certbot certonly, ${names} ${names === 1 ? 'name' : 'names'}`;
  const base = webroot.get(names) ?? [];
  const byHand = handwritten.get(names);
  const rows = [
    ratio(`${of}: certbot-ha on 3 nodes / --webroot on one`, ours.get(names) ?? [], base, AT_MOST.get(names)),
    ratio(`${of}: hooks that only write a file on one node / --webroot`, least.get(names) ?? [], base),
  ];
  if (byHand === undefined) return rows;
  return [...rows, ratio(`${of}: hand-written rsync and curl / --webroot`, byHand, base)];
}

function growthOf({ webroot, least, ours, handwritten }: Times): readonly Figure[] {
  const growth = (name: string, rounds: Rounds) => growthFigure('names', name, rounds);
  return [
    growth('certbot certonly with certbot-ha on 3 nodes', ours),
    growth('certbot certonly --webroot on one node', webroot),
    growth('certbot certonly with hooks that only write a file', least),
    growth('certbot certonly with hand-written hooks on 3 nodes', handwritten),
  ];
}

function hooks(auth: string, cleanup: string): readonly string[] {
  return [
    '--manual',
    '--preferred-challenges',
    'http',
    '--manual-auth-hook',
    auth,
    '--manual-cleanup-hook',
    cleanup,
  ];
}

let series = 0;

/** @returns milliseconds */
async function issue(lab: Lab, node: LabNode, how: readonly string[], names: number): Promise<number> {
  series += 1;
  const domains = Array.from({ length: names }, (_, index) => [
    '-d',
    `n${index}.s${series}.example.test`,
  ]).flat();
  const started = performance.now();
  const { code, stdout, stderr } = await lab.certbot(node, ['certonly', ...how, ...domains], {
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) throw new Error(`certbot ended with ${code}:\n${stdout}\n${stderr}`);
  return performance.now() - started;
}
