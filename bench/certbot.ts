import type { Lab, LabNode } from '../test/lab/contract.ts';
import { ratio, type Figure } from './figure.ts';
import { installHandwrittenHooks } from './handwritten.ts';

const NAMES = [1, 10, 30] as const;
const AT_MOST: Readonly<Record<number, number>> = { 1: 1.2, 10: 1.5, 30: 2.6 };
const ROUNDS = 5;
/** The hand-written hooks take up to a minute, so once tells enough. */
const HANDWRITTEN_ROUNDS = 1;

const OURS = hooks('certbot-ha-auth', 'certbot-ha-cleanup');

/** Wall time of `certbot certonly` on the VIP's holder, with a new certificate each time. */
export async function measureCertbot(lab: Lab): Promise<readonly Figure[]> {
  const node = await lab.holder();
  const handwritten = hooks(...(await installHandwrittenHooks(lab, node)));
  const webroot = ['--webroot', '-w', node.paths.webroot];
  await issue(lab, node, webroot, 1); // the account, which no run shall pay for
  const figures: Figure[] = [];
  for (const names of NAMES) {
    const times = { webroot: [] as number[], ours: [] as number[], handwritten: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.webroot.push(await issue(lab, node, webroot, names));
      times.ours.push(await issue(lab, node, OURS, names));
      if (round < HANDWRITTEN_ROUNDS) times.handwritten.push(await issue(lab, node, handwritten, names));
    }
    const of = `${names} ${names === 1 ? 'name' : 'names'}`;
    figures.push(
      ratio(
        `certbot certonly, ${of}: certbot-ha on 3 nodes / --webroot on one`,
        times.ours,
        times.webroot,
        AT_MOST[names],
      ),
      ratio(
        `certbot certonly, ${of}: hand-written rsync and curl / --webroot`,
        times.handwritten,
        times.webroot,
      ),
    );
  }
  return figures;
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
    timeoutMs: 180_000,
  });
  if (code !== 0) throw new Error(`certbot ended with ${code}:\n${stdout}\n${stderr}`);
  return performance.now() - started;
}
