import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { readLineageNames } from '../../../lib/lineage/list.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

describe('readLineageNames', () => {
  test('lists the names of the lineages that certbot renews, each once, without wildcards', async ({
    ca,
    directory,
  }) => {
    await mkdir(join(directory, 'renewal'));
    for (const [lineage, names] of [
      ['b.test', ['b.test', 'both.test', '*.b.test']],
      ['a.test', ['a.test', 'both.test', '192.0.2.1']],
      ['deleted.test', ['deleted.test']],
    ] as const) {
      await writeLineage(directory, lineage, [await ca.issue(names)]);
    }
    for (const file of ['a.test.conf', 'b.test.conf', 'gone.test.conf', 'deleted.test.orig']) {
      await writeFile(join(directory, 'renewal', file), '');
    }
    expect(await readLineageNames(directory)).toEqual(['a.test', 'both.test', '192.0.2.1', 'b.test']);
  });

  test('has none where certbot has never run', async ({ directory }) => {
    expect(await readLineageNames(join(directory, 'absent'))).toEqual([]);
  });
});
