import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { createCa, type Issued } from '../lineage/certificates.ts';
import { idOf } from './renewed-pair.ts';
import { expect, NAME, test as base, type Pair, type PairNode } from './pair.ts';

export const DAY_MS = 86_400_000;

/** Generations of one lineage in the order of their issuance, which their dates do not tell: each begins before the one before it. */
export interface Backdated {
  readonly first: Issued;
  readonly second: Issued;
  readonly third: Issued;
}

/** Two nodes, and a lineage that several CAs have issued. */
export const test = base.extend<{ readonly issued: Backdated }>({
  issued: async ({ ca, directory }, use) => {
    const other = await createCa(join(directory, 'other-ca'), 'another CA');
    const begun = (days: number) => ({ notBefore: new Date(Date.now() - days * DAY_MS) });
    const first = await ca.issue([NAME], begun(1));
    const second = await other.issue([NAME], begun(9));
    await use({ first, second, third: await ca.issue([NAME], begun(10)) });
  },
});

/** Agents and installers run on both nodes, and both serve what their live shows: this generation, which web1 has issued. */
export async function begin({ web1, web2 }: Pair, issued: Issued): Promise<void> {
  await web1.holds(NAME, issued);
  for (const node of [web1, web2]) {
    await node.startAgent();
    await node.startInstaller();
  }
  expect(await web1.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
  for (const node of [web1, web2]) await node.serve(NAME, issued);
}

/** Each node tells the other ones what it has, and gets what it lacks, as the timers do in the end. */
export async function syncAll({ web1, web2 }: Pair): Promise<void> {
  for (const node of [web1, web2, web1, web2]) {
    await node.letRollOutsEnd();
    await node.command('sync');
  }
}

export async function expectEverywhere({ web1, web2 }: Pair, issued: Issued): Promise<void> {
  expect([await web1.leaf(NAME), await web2.leaf(NAME)]).toEqual([idOf(issued), idOf(issued)]);
}

/** As `certbot delete` does. */
export async function deleteLineage({ configDir }: PairNode): Promise<void> {
  for (const path of [`live/${NAME}`, `archive/${NAME}`, `renewal/${NAME}.conf`]) {
    await rm(join(configDir, path), { recursive: true });
  }
}
