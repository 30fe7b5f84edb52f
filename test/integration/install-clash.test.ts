// @module-tag slow
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Issued } from '../support/lineage/certificates.ts';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import { archiveOf, bundleFor, expect, filesOf, HOUR_MS, test } from '../support/installer/generations.ts';
import { certbotCertificates, generationIn, lookAtLive, watchLive } from '../support/installer/looks.ts';
import { treeOf } from '../support/tree.ts';

describe('where the numbers of two issuers clash', () => {
  test('the newest is in use under the next number, and all others stay', async ({ node, issued, ca }) => {
    const { configDir } = node;
    const others = [issued.old, await ca.issue([NAME], { notBefore: new Date(Date.now() - 24 * HOUR_MS) })];
    await writeIssuerTree(configDir, others);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    const known = [...others, issued.next];
    await watchLive(() => lookAtLive(configDir, NAME, known), node.install());
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
    expect(generationIn(configDir, NAME, known)).toBe(issued.next);
    expect(await readlink(join(configDir, 'live', NAME, 'cert.pem'))).toBe(`../../archive/${NAME}/cert3.pem`);
    expect(await archiveOf(node)).toEqual(filesOf(1, 2, 3));
    expect(await certbotCertificates(configDir, node.directory)).toMatch(
      /Certificate Name: www\.example\.test[^]*exit 0/,
    );
  });

  test('a lower number of the issuer makes no difference', async ({ node, issued, ca }) => {
    const more: Issued[] = [];
    for (const hours of [40, 30]) {
      more.push(await ca.issue([NAME], { notBefore: new Date(Date.now() - hours * HOUR_MS) }));
    }
    await writeIssuerTree(node.configDir, [issued.old, ...more]);
    await node.deliver(bundleFor(node, issued.next, 1));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await archiveOf(node)).toEqual(filesOf(1, 2, 3, 4));
    expect(generationIn(node.configDir, NAME, [issued.next])).toBe(issued.next);
  });

  test('a number that no certbot comes to is not taken over, nor sent on', async ({ node, issued, ca }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.deliver(bundleFor(node, issued.next, 1_000_000));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await archiveOf(node)).toEqual(filesOf(1, 2));
    const later = await ca.issue([NAME], { notBefore: new Date(Date.now() - HOUR_MS / 2) });
    await node.deliver(bundleFor(node, later, 1_000_000));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await archiveOf(node)).toEqual(filesOf(1, 2, 3));
  });

  test('a web server that refuses it leaves everything as it was', async ({ node, issued }) => {
    await writeIssuerTree(node.configDir, [issued.old]);
    const before = await treeOf(node.configDir);
    await node.refuse(issued.next.certificate, 'nginx: no');
    const bundle = bundleFor(node, issued.next, 1);
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect(await node.result(bundle)).toMatchObject({ state: 'rolled back' });
    expect(await treeOf(node.configDir)).toEqual(before);
  });
});
