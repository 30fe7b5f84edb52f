// @module-tag slow
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Issued } from '../support/lineage/certificates.ts';
import { NAME, writeIssuerTree } from '../support/lineage/bundle.ts';
import {
  archiveOf,
  bundleFor,
  expect,
  filesOf,
  HOUR_MS,
  modeOf,
  test,
} from '../support/installer/generations.ts';
import { certbotCertificates, generationIn, lookAtLive, watchLive } from '../support/installer/looks.ts';
import { writeLineage } from '../support/lineage/tree.ts';
import { treeOf } from '../support/tree.ts';

describe('where the numbers of two issuers clash', () => {
  test('the local archive is put aside, and the newest is the only generation, under the number of its issuer', async ({
    node,
    issued,
    ca,
  }) => {
    const { configDir, stateDir } = node;
    const others = [issued.old, await ca.issue([NAME], { notBefore: new Date(Date.now() - 24 * HOUR_MS) })];
    await writeLineage(configDir, NAME, others);
    const bundle = bundleFor(node, issued.next, 2);
    await node.deliver(bundle);
    const known = [...others, issued.next];
    await watchLive(() => lookAtLive(configDir, NAME, known), node.install());
    expect(await node.result(bundle)).toMatchObject({ state: 'installed' });
    expect(generationIn(configDir, NAME, known)).toBe(issued.next);
    expect(await readlink(join(configDir, 'live', NAME, 'cert.pem'))).toBe(`../../archive/${NAME}/cert2.pem`);
    expect(await archiveOf(node)).toEqual(filesOf(2));
    for (const name of filesOf(2)) expect((await stat(join(configDir, 'archive', NAME, name))).nlink).toBe(1);

    const [backup = ''] = await readdir(join(stateDir, 'backup'));
    expect(backup).toMatch(/^www\.example\.test-20[\dTZ-]+$/);
    const aside = join(stateDir, 'backup', backup);
    expect([await modeOf(join(stateDir, 'backup')), await modeOf(aside)]).toEqual(['700', '700']);
    expect((await readdir(aside)).toSorted()).toEqual(filesOf(1, 2));
    for (const name of filesOf(1, 2)) expect(await modeOf(join(aside, name))).toBe('600');
    expect(await readFile(join(aside, 'privkey2.pem'), 'utf8')).toBe(others[1]?.key);
    expect(await certbotCertificates(configDir, node.directory)).toMatch(
      /Certificate Name: www\.example\.test[^]*exit 0/,
    );
  });

  test('the newest five of such copies stay, and nothing else is touched', async ({ node, issued }) => {
    const backup = join(node.stateDir, 'backup');
    const of = (name: string, day: number) => join(backup, `${name}-2026-01-0${day}T00-00-00-000Z`);
    const precious = join(node.directory, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'privkey1.pem'), 'kept');
    const others = [of('other.example.test', 1), of(`${NAME}-2`, 1), join(backup, `${NAME}-by-hand`)];
    for (const path of [...others, ...[2, 3, 4, 5, 6, 7].map((day) => of(NAME, day))]) {
      await mkdir(path, { recursive: true });
      await symlink(precious, join(path, 'link'));
    }
    await symlink(precious, of(NAME, 1));
    await writeIssuerTree(node.configDir, [issued.old]);
    await node.deliver(bundleFor(node, issued.next, 1));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });

    const left = (await readdir(backup)).map((name) => join(backup, name));
    const kept = [4, 5, 6, 7].map((day) => of(NAME, day));
    expect(left).toEqual(expect.arrayContaining([...others, ...kept]));
    const [made = '', ...more] = left.filter((path) => !others.includes(path) && !kept.includes(path));
    expect(more).toEqual([]);
    expect((await readdir(made)).toSorted()).toEqual(filesOf(1));
    expect(await readFile(join(precious, 'privkey1.pem'), 'utf8')).toBe('kept');
  });

  test('a lower number of the issuer is taken over all the same', async ({ node, issued, ca }) => {
    const more: Issued[] = [];
    for (const hours of [40, 30]) {
      more.push(await ca.issue([NAME], { notBefore: new Date(Date.now() - hours * HOUR_MS) }));
    }
    await writeLineage(node.configDir, NAME, [issued.old, ...more]);
    await node.deliver(bundleFor(node, issued.next, 1));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await archiveOf(node)).toEqual(filesOf(1));
    expect(generationIn(node.configDir, NAME, [issued.next])).toBe(issued.next);
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
