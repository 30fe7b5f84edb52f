import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { createRecords } from '../../lib/state/records.ts';
import { eventually } from '../lab/eventually.ts';
import { bodyOf, leafIn } from '../support/lineage/bundle.ts';
import type { Issued } from '../support/lineage/certificates.ts';
import { clearRequests, expect, NAME, test as base } from '../support/cluster/pair.ts';
import { treeOf } from '../support/tree.ts';
import { noDamage } from '../support/no-damage.ts';

const DAY_MS = 86_400_000;
const test = base.extend<{ readonly issued: { readonly old: Issued; readonly next: Issued } }>({
  issued: async ({ ca }, use) => {
    const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - DAY_MS) });
    await use({ old, next: await ca.issue([NAME]) });
  },
});

const idOf = ({ certificate }: Issued) => leafIn(certificate).sha256;
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

  test('sends nothing that has expired, and says so', async ({ pair: { web1, web2 }, ca }) => {
    const over = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
    await web1.has(NAME, await ca.issue([NAME], over));
    await web2.startAgent();
    const before = await treeOf(join(web2.stateDir, 'inbox'));
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /: expired at .*, not delivered \[lineage-expired\]\n +renew it or, if nobody wants it, delete it on every node/,
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
    const arrived = async (msAgo: number) =>
      await createRecords(web1.stateDir, noDamage).writeInstalled({
        ...{ lineage: NAME, leaf: leafIn(issued.next.certificate), number: 1, names: [NAME], from: 'web2' },
        installedAt: new Date(Date.now() - msAgo).toISOString(),
      });
    await arrived(60_000);
    expect(await web1.command('sync')).toMatchObject({
      code: 0,
      stdout: `${NAME}: skipped: web2 is still rolling it out [rolled-out-elsewhere]\n`,
      stderr: '',
    });
    await arrived(180_000);
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
    await createRecords(web1.stateDir, noDamage).writeInstalled({
      ...{ lineage: NAME, leaf: leafIn(issued.next.certificate), number: 1, names: [NAME], from: 'web2' },
      installedAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
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

describe('is-issuer', () => {
  test('is 0 on the issuer and 1 elsewhere, with a line why', async ({ pair: { web1, web2 } }) => {
    await web1.startAgent();
    await web2.startAgent();
    expect(await web1.command('is-issuer')).toMatchObject({
      code: 0,
      stdout: 'web1 renews: it is certificates.issuer\n',
      stderr: '',
    });
    expect(await web2.command('is-issuer')).toMatchObject({
      code: 1,
      stdout: 'web2 does not renew: certificates.issuer is web1 [other-issuer]\n',
      stderr: '',
    });
  });

  test('has the newest generation here before it answers', async ({ pair: { web1, web2 }, issued }) => {
    await web1.has(NAME, issued.old);
    await web2.has(NAME, issued.old, issued.next);
    for (const node of [web1, web2]) await node.startAgent();
    await web1.startInstaller();
    const asking = web1.command('is-issuer');
    // What systemd's path unit does when the request has come.
    const isAsked = async () => (await web2.requests()).includes('web1');
    await eventually(isAsked, { timeoutMs: 10_000, what: 'web2 to be asked' });
    await web2.command('sync');
    expect(await asking).toMatchObject({ code: 0, stderr: '' });
    expect(await web1.leaf(NAME)).toBe(idOf(issued.next));
  });
});
