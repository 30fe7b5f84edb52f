// @module-tag slow
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { describe } from 'vitest';
import { createRecords } from '../../lib/state/records.ts';
import { idOf } from '../support/cluster/renewed-pair.ts';
import { NAME, expect, type PairNode } from '../support/cluster/pair.ts';
import { begin, DAY_MS, expectEverywhere, syncAll, test } from '../support/cluster/stamped-pair.ts';
import { noDamage } from '../support/no-damage.ts';

/** Bundles that nobody activates go after an hour, by the clock of their host. */
const ALMOST_AN_HOUR_MS = 3_000_000;

async function stampOf({ stateDir }: PairNode): Promise<number> {
  const text = await readFile(join(stateDir, 'installed', `${NAME}.json`), 'utf8');
  return Date.parse((JSON.parse(text) as { readonly stamp: string }).stamp);
}

describe('two nodes whose clocks differ', { timeout: 120_000 }, () => {
  test.for([
    ['behind', -ALMOST_AN_HOUR_MS],
    ['ahead', ALMOST_AN_HOUR_MS],
  ] as const)(
    'by an hour, web2 %s, take what either issues after the other',
    async ([, ms], { pair, issued }) => {
      const { web1, web2 } = pair;
      web2.setClock(ms);
      await begin(pair, issued.first);
      const beforeMs = await stampOf(web2);
      await web2.holds(NAME, issued.first, issued.second);
      expect(await web2.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
      await expectEverywhere(pair, issued.second);
      expect(await stampOf(web1)).toBeGreaterThan(beforeMs);
      await web1.holds(NAME, issued.first, issued.second, issued.third);
      expect(await web1.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
      await expectEverywhere(pair, issued.third);
      await syncAll(pair);
      await expectEverywhere(pair, issued.third);
    },
  );
});

describe('a stamp of next year', { timeout: 120_000 }, () => {
  test('is told of with words about clocks, is not asked for, and ends where its node stamps it anew', async ({
    pair,
    issued,
  }) => {
    const { web1, web2 } = pair;
    await begin(pair, issued.first);
    await web1.holds(NAME, issued.first, issued.second);
    // As a clock has left it that was wrong, and is right by now.
    const records = createRecords(web1.stateDir, noDamage);
    const record = await records.installedOf(NAME);
    if (record === null) throw new Error('the hook has written it');
    const leaf = { ...record.leaf, sha256: idOf(issued.second) };
    const stamp = new Date(Date.now() + 365 * DAY_MS).toISOString();
    await records.writeInstalled({ ...record, leaf, stamp });

    await web2.letRollOutsEnd();
    expect(await web2.command('sync')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^certbot-ha: web1 .*: ${NAME}: issued ${stamp} by the clock of .*\\[stamp-ahead\\]\n.*date -u`,
        ),
      ),
    });
    expect(await web1.command('sync')).toMatchObject({ code: 0, stderr: '' });
    await expectEverywhere(pair, issued.second);
    expect(await stampOf(web1)).toBeLessThan(Date.now() + 1);
    expect(await stampOf(web2)).toBe(await stampOf(web1));
    await syncAll(pair);
    await expectEverywhere(pair, issued.second);
  });
});
