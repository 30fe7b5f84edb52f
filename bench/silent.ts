import { dirname } from 'node:path';
import type { Lab, LabNode } from '../test/lab/contract.ts';
import type { Figure } from './figure.ts';

const LINEAGES = 20;
/** Over the same with all nodes up: one short chance each, and a full one for the first. */
const AT_MOST_SECONDS = 30;
const TIMEOUT_MS = 900_000;
const HOOKS = [
  ...['--manual', '--preferred-challenges', 'http'],
  ...['--manual-auth-hook', 'certbot-ha-auth', '--manual-cleanup-hook', 'certbot-ha-cleanup'],
  ...['--deploy-hook', 'certbot-ha-deploy'],
];

/** `certbot renew` of many lineages while a node's cable is pulled, over the same with all nodes up. */
export async function measureSilent(lab: Lab): Promise<readonly Figure[]> {
  const node = await lab.holder();
  const backup = lab.nodes.findLast((other) => other !== node);
  if (backup === undefined) throw new Error('a lab without a backup');
  await lab.configure(lab.defaultConfig({ gate: { require: 'available' } }));
  // What other parts of the bench have issued would be renewed as well.
  const renewal = `${node.paths.letsencrypt}/renewal`;
  const aside = `${dirname(node.paths.letsencrypt)}/renewal-aside`;
  await node.check(['sh', '-c', 'mkdir -p "$0" "$1" && mv "$0" "$1.bench" && mkdir "$0"', renewal, aside]);
  try {
    for (let number = 0; number < LINEAGES; number += 1)
      await certbot(lab, node, ['certonly', ...HOOKS, '-d', `silent${number}.example.test`]);
    const up = await renewAll(lab, node);
    await backup.unplug();
    const pulled = await renewAll(lab, node);
    return figuresOf(up, pulled);
  } finally {
    await backup.plug();
    await node.check(['sh', '-c', 'cp -a "$1.bench/." "$0" && rm -r "$1" "$1.bench"', renewal, aside]);
    await lab.configure(null);
  }
}

function figuresOf(up: number, pulled: number): readonly Figure[] {
  const what = `certbot renew of ${LINEAGES} lineages`;
  return [
    {
      what: `${what}, one node's cable pulled, over the same with all up`,
      value: (pulled - up) / 1000,
      unit: 's',
      atMost: AT_MOST_SECONDS,
      from: `${(pulled / 1000).toFixed(1)} s - ${(up / 1000).toFixed(1)} s, once each`,
    },
    { what: `${what}, all nodes up`, value: up / 1000, unit: 's' },
  ];
}

/** @returns milliseconds */
async function renewAll(lab: Lab, node: LabNode): Promise<number> {
  const startedMs = performance.now();
  await certbot(lab, node, ['renew', '--force-renewal', '--no-random-sleep-on-renew']);
  return performance.now() - startedMs;
}

async function certbot(lab: Lab, node: LabNode, argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await lab.certbot(node, argv, { timeoutMs: TIMEOUT_MS });
  if (code !== 0) throw new Error(`certbot ended with ${code}:\n${stdout}\n${stderr}`);
}
