import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../../lib/base/outcome.ts';
import { inProcess } from '../../support/installer/in-process.ts';
import { makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { generationIn } from '../../support/installer/looks.ts';
import { writeLineage } from '../../support/lineage/tree.ts';

const HOUR_MS = 3_600_000;
const test = base.extend<{ readonly issued: readonly [Issued, Issued, Issued] }>({
  issued: async ({ ca }, use) =>
    await use([
      await ca.issue([NAME], { notBefore: new Date(Date.now() - 48 * HOUR_MS) }),
      await ca.issue([NAME]),
      await ca.issue([NAME]),
    ]),
});

const refused = failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] });

test('what certbot has issued while the web server refused a bundle is not called rolled back', async ({
  directory,
  issued: [old, next, own],
}) => {
  const { configDir, install } = inProcess(directory, async () => {
    await writeLineage(configDir, NAME, [old, next, own]);
    return refused;
  });
  await writeIssuerTree(configDir, [old]);
  expect(await install(makeBundle(next, { configDir, number: 2 }))).toMatchObject({
    state: 'failed',
    findings: [{ code: 'web-server-test-failed' }, { code: 'issued-meanwhile', lineage: NAME }],
  });
  expect(generationIn(configDir, NAME, [old, next, own])).toBe(own);
});

test('what certbot has deleted meanwhile is not called restored', async ({
  directory,
  issued: [old, next],
}) => {
  const { configDir, install } = inProcess(directory, async () => {
    for (const part of [`live/${NAME}`, `archive/${NAME}`, `renewal/${NAME}.conf`])
      await rm(join(configDir, part), { recursive: true });
    return refused;
  });
  await writeIssuerTree(configDir, [old]);
  expect(await install(makeBundle(next, { configDir, number: 2 }))).toMatchObject({
    state: 'failed',
    findings: [{ code: 'web-server-test-failed' }, { code: 'deleted-meanwhile', lineage: NAME }],
  });
});

test('an interruption without its bundle ends as what it was', async ({
  directory,
  issued: [old, next, own],
}) => {
  let isIssued = true;
  const { configDir, install, end } = inProcess(directory, async () => {
    if (isIssued) await writeLineage(configDir, NAME, [old, next, own]);
    throw new Error('killed');
  });
  await writeIssuerTree(configDir, [old]);
  const bundle = makeBundle(next, { configDir, number: 2 });
  await expect(install(bundle)).rejects.toThrow('killed');
  expect(await end()).toMatchObject([
    { state: 'failed', findings: [{ code: 'installer-was-interrupted' }, { code: 'issued-meanwhile' }] },
  ]);
  isIssued = false;
  await rm(join(configDir), { recursive: true });
  await writeIssuerTree(configDir, [old]);
  await expect(install(bundle)).rejects.toThrow('killed');
  expect(await end()).toMatchObject([
    { state: 'rolled back', findings: [{ code: 'installer-was-interrupted' }] },
  ]);
});
