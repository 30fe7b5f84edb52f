// @module-tag slow
import { join } from 'node:path';
import { describe } from 'vitest';
import { createRecords } from '../../lib/state/records.ts';
import { LIMITS } from '../../lib/system/limits.ts';
import { eventually } from '../lab/eventually.ts';
import { expect, NAME, type PairNode } from '../support/cluster/pair.ts';
import { DAY_MS, test } from '../support/cluster/renewed-pair.ts';
import type { Issued } from '../support/lineage/certificates.ts';
import { leafIn } from '../support/lineage/bundle.ts';
import { noDamage } from '../support/no-damage.ts';
import { treeOf } from '../support/tree.ts';

/** @param afterNowMs negative: so long ago */
async function cameFromWeb2(
  { stateDir }: PairNode,
  { certificate }: Issued,
  afterNowMs: number,
): Promise<void> {
  await createRecords(stateDir, noDamage).writeInstalled({
    ...{ lineage: NAME, leaf: leafIn(certificate), number: 1, names: [NAME], from: 'web2' },
    installedAt: new Date(Date.now() + afterNowMs).toISOString(),
  });
}

describe('sync', () => {
  test('sends nothing that has expired, and says so', async ({ pair: { web1, web2 }, ca }) => {
    const over = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
    await web1.has(NAME, await ca.issue([NAME], over));
    await web2.startAgent();
    const before = await treeOf(join(web2.stateDir, 'inbox'));
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /: expired at .*, not delivered \[lineage-expired\]\n +renew it or, if it is not needed, delete it on every node/,
      ),
      stderr: '',
    });
    expect(await treeOf(join(web2.stateDir, 'inbox'))).toEqual(before);
  });

  test('leaves what has just come from another node to that node, for the time of a roll-out', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.next);
    await web2.startAgent();
    await web2.startInstaller();
    await cameFromWeb2(web1, issued.next, -60_000);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `${NAME}: skipped: web2 is still rolling it out [rolled-out-elsewhere]\n`,
      stderr: '',
    });
    await cameFromWeb2(web1, issued.next, -LIMITS.rollOutMs);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
  });

  test('does not wait for a time that a clock put back has made the future', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.next);
    await web2.startAgent();
    await web2.startInstaller();
    await cameFromWeb2(web1, issued.next, 3_600_000);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
  });

  test('takes the requests off the desk that it answers', async ({ pair, issued }) => {
    const { web1, web2 } = pair;
    await web1.has(NAME, issued.next);
    await web1.startAgent();
    await web2.startAgent();
    await web2.startInstaller();
    const isAsked = async () => (await web1.requests()).includes('web2');
    await eventually(isAsked, { timeoutMs: 5_000, what: 'web1 to be asked' });
    expect(await web1.requests()).toEqual(['web2']);
    await web1.command('sync');
    expect(await web1.requests()).toEqual([]);
  });
});
