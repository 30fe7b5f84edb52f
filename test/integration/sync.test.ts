// @module-tag slow
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { bodyOf } from '../support/lineage/bundle.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { clearRequests, expect, NAME } from '../support/cluster/pair.ts';
import { DAY_MS, idOf, test } from '../support/cluster/renewed-pair.ts';
import { treeOf } from '../support/tree.ts';

const outstandingOf = async (stateDir: string) =>
  await readFile(join(stateDir, 'outstanding.json'), 'utf8').catch(() => '[]'); // nothing is

describe('sync', () => {
  test('delivers what a peer lacks, through its agent and its installer, once', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.next);
    await web2.startAgent();
    await web2.startInstaller();
    const first = await web1.command('sync');
    expect(first).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
    expect(await web2.leaf(NAME)).toBe(idOf(issued.next));
    expect(await web1.command('sync')).toMatchObject({ code: 0, stderr: '', stdout: '' });
    const done = { outcome: 'ok', node: 'web1', program: 'sync' };
    // The second one had nothing to do.
    expect(await eventsIn(web1.stateDir)).toEqual([
      { ...done, event: 'delivery', lineage: NAME, peer: 'web2' },
      { ...done, event: 'sync' },
    ]);
    await expect
      .poll(async () => await eventsIn(web2.stateDir), { timeout: 5_000 })
      .toEqual([{ event: 'installation', lineage: NAME, node: 'web2', outcome: 'ok', program: 'installer' }]);
    const said = [first.stdout, ...(await treeOf(web1.stateDir)), ...(await treeOf(web2.stateDir))].join(
      '\n',
    );
    for (const line of bodyOf(issued.next.key)) expect(said).not.toContain(line);
  });

  test('replaces an older one there, and has seen it served', async ({ pair: { web1, web2 }, issued }) => {
    await web1.has(NAME, issued.old, issued.next);
    await web2.has(NAME, issued.old);
    await web2.serve(NAME, issued.old);
    await web2.startAgent();
    await web2.startInstaller();
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
    expect(await web2.leaf(NAME)).toBe(idOf(issued.next));
  });

  test('delivers once more what a web server has no use for until another lineage is there', async ({
    pair: { web1, web2 },
    issued,
    ca,
  }) => {
    const first = 'aaa.example.test';
    await web1.has(first, await ca.issue([first]));
    await web1.has(NAME, issued.next);
    const file = join(web2.stateDir, '..', 'config.yaml');
    const needed = join(web2.configDir, 'live', NAME, 'cert.pem');
    const webServer = { kind: 'nginx', test: ['cat', needed], reload: ['true'] };
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), webServer }));
    await web2.startAgent();
    await web2.startInstaller();
    const who = `web2 ${web2.address}`;
    const { code, stdout, stderr } = await web1.command('sync');
    expect([code, stdout]).toEqual([0, `${who}: ${NAME}: delivered\n${who}: ${first}: delivered\n`]);
    expect(stderr).toContain(`${who}: ${first}: installer did not reload the web server`);
    expect(stderr).toContain(`cat: ${needed}: No such file or directory`);
    expect(stderr).toContain('[test-failed-before]');
    expect(await web1.command('sync')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('forgets nothing where the directory of the lineages is away', async ({ pair: { web1 }, issued }) => {
    await web1.has(NAME, issued.next);
    await web1.command('sync');
    const before = await treeOf(web1.stateDir);
    expect(before.join('\n')).toContain(`installed/${NAME}.json`);
    await rename(join(web1.configDir, 'renewal'), join(web1.configDir, 'away'));
    const { code, stderr } = await web1.command('sync');
    expect(code).toBe(1);
    expect(stderr).toContain(
      `renewal: no such directory, but lineages are recorded as installed (${NAME}): is it mounted? [lineages-away]`,
    );
    expect(await treeOf(web1.stateDir)).toEqual(before);
    await mkdir(join(web1.configDir, 'renewal'));
    await web1.command('sync');
    expect((await treeOf(web1.stateDir)).join('\n')).not.toContain(`installed/${NAME}.json`);
  });

  test('sees that a peer has it and does not serve it, whoever has it outstanding', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.old, issued.next);
    await web2.has(NAME, issued.old, issued.next);
    await web2.keepServing(issued.old);
    await web2.startAgent();
    await web2.startInstaller();
    expect(await web1.command('sync')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /web2 .*: serves another certificate of this name \(serial .*has it been reloaded\?/,
      ),
    });
    expect(await outstandingOf(web1.stateDir)).toContain('"web2"');
  });

  test('asks for what is newer there, and replaces nothing of it', async ({ pair, issued }) => {
    const { web1, web2 } = pair;
    await web1.has(NAME, issued.old);
    await web2.has(NAME, issued.old, issued.next);
    await web2.startAgent();
    await clearRequests(pair);
    const before = await treeOf(web2.configDir);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `web2: asked for ${NAME}, newer there [newer-elsewhere]\n`,
    });
    expect(await web2.requests()).toEqual(['web1']);
    expect(await treeOf(web2.configDir)).toEqual(before);
  });

  test('on both of two nodes that both renewed ends with the newest of each on both', async ({
    pair,
    ca,
    issued,
  }) => {
    const { web1, web2 } = pair;
    const other = 'b.example.test';
    const [early, late] = [
      await ca.issue([other], { notBefore: new Date(Date.now() - DAY_MS) }),
      await ca.issue([other]),
    ];
    await web1.has(NAME, issued.next);
    await web2.has(NAME, issued.old);
    await web1.has(other, early);
    await web2.has(other, late);
    for (const node of [web1, web2]) {
      await node.startAgent();
      await node.startInstaller();
    }
    // Nothing serves these, so each sync is told that its peer does not; what is installed counts here.
    await Promise.all([web1.command('sync'), web2.command('sync')]);
    const expected = [idOf(issued.next), idOf(late)];
    for (const node of [web1, web2])
      expect([await node.leaf(NAME), await node.leaf(other)]).toEqual(expected);
  });

  test('says that a peer is down, exits 1, and brings it up to date when it is back', async ({
    pair: { web1, web2 },
    issued,
  }) => {
    await web1.has(NAME, issued.next);
    expect(await web1.command('sync')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^certbot-ha: web2 [\d.]+: agent port \d+: connection refused/),
    });
    await web2.startAgent();
    await web2.startInstaller();
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `web2 ${web2.address}: ${NAME}: delivered\n`,
    });
    expect(JSON.parse(await outstandingOf(web1.stateDir))).toEqual([]);
  });
});
