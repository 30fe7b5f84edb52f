// @module-tag slow
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { filesOf } from '../support/installer/generations.ts';
import { expect, NAME } from '../support/cluster/pair.ts';
import { begin, deleteLineage, expectEverywhere, syncAll, test } from '../support/cluster/stamped-pair.ts';

describe('what certbot has issued last, whatever its dates', { timeout: 120_000 }, () => {
  test('goes to every node, and no sync puts the one before it back', async ({ pair, issued }) => {
    const { web1 } = pair;
    await begin(pair, issued.first);
    // Another CA's, which begins eight days before the first one.
    await web1.holds(NAME, issued.first, issued.second);
    expect(await web1.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
    await expectEverywhere(pair, issued.second);
    await syncAll(pair);
    await expectEverywhere(pair, issued.second);
    expect(await web1.command('status', '--json')).toMatchObject({
      stdout: expect.not.stringMatching(/"(?:older|another)"/),
    });
  });

  test('is stamped by sync where no hook has done so', async ({ pair, issued }) => {
    const { web1, web2 } = pair;
    await begin(pair, issued.first);
    await web1.holds(NAME, issued.first, issued.second);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
    await expectEverywhere(pair, issued.second);
    await syncAll(pair);
    await expectEverywhere(pair, issued.second);
  });

  test('is so where the records of both are of a version without stamps', async ({ pair, issued }) => {
    const { web1, web2 } = pair;
    for (const node of [web1, web2]) {
      await node.has(NAME, issued.first);
      await node.startAgent();
      await node.startInstaller();
      await node.serve(NAME, issued.first);
    }
    expect(await web1.command('sync')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await web1.holds(NAME, issued.first, issued.second);
    expect(await web1.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
    await syncAll(pair);
    await expectEverywhere(pair, issued.second);
  });

  test('is so after the lineage was deleted and issued anew, under number 1', async ({ pair, issued }) => {
    const { web1, web2 } = pair;
    await begin(pair, issued.first);
    await web1.holds(NAME, issued.first, issued.second);
    await web1.deployHook(NAME);
    await deleteLineage(web1);
    await web1.holds(NAME, issued.third);
    expect(await web1.deployHook(NAME)).toMatchObject({ code: 0, stderr: '' });
    await syncAll(pair);
    await expectEverywhere(pair, issued.third);
    const archived = async (node: typeof web1) =>
      (await readdir(join(node.configDir, 'archive', NAME))).toSorted();
    // Nothing is removed, and each node counts for itself.
    expect(await archived(web1)).toEqual(filesOf(1));
    expect(await archived(web2)).toEqual(filesOf(1, 2, 3));
  });
});
