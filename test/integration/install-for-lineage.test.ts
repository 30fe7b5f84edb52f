// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { makeBundle } from '../support/lineage/bundle.ts';
import type { InstallerNode } from '../support/installer/node.ts';
import { expect, test } from '../support/installer/node.ts';

const [WEB, MAIL] = ['a.example.test', 'mail.example.test'] as const;

/** The mail server's commands are the same script with words of its own. */
async function configure(node: InstallerNode, webServer: object = {}): Promise<void> {
  const script = (verb: string) => ['sh', join(node.directory, 'web-server.sh'), verb];
  const mail = { test: [script('mail-test')], reload: [script('postfix'), script('dovecot')] };
  const { configDir } = node;
  await node.configure(webServer, { certificates: { configDir, lineages: { [MAIL]: mail } } });
}

describe('a lineage with commands of its own', () => {
  test('is tested and reloaded by these, and none of the web server’s is', async ({ node, ca }) => {
    await configure(node);
    const { configDir } = node;
    for (const lineage of [WEB, MAIL])
      await node.deliver(makeBundle(await ca.issue([lineage]), { configDir, lineage }));
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    const verbs = await node.verbs();
    const mail = ['mail-test', 'postfix', 'dovecot'];
    expect(verbs.filter((verb) => mail.includes(verb))).toEqual(mail);
    expect(verbs.filter((verb) => !mail.includes(verb))).toEqual(['test', 'reload']);
    // Each has its test before its reload, with nothing of the other in between.
    expect([verbs.slice(0, 2), verbs.slice(3)]).toContainEqual(['test', 'reload']);
  });

  test('goes back alone where its own test fails', async ({ node, ca }) => {
    await configure(node);
    const [web, mail] = [
      makeBundle(await ca.issue([WEB]), { configDir: node.configDir, lineage: WEB }),
      makeBundle(await ca.issue([MAIL]), { configDir: node.configDir, lineage: MAIL }),
    ];
    await writeFile(
      join(node.directory, 'web-server.sh'),
      `cd "$(dirname "$0")"; [ "$1" = mail-test ] && [ -e letsencrypt/live/${MAIL} ] && exit 1; exit 0`,
    );
    for (const bundle of [web, mail]) await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect((await node.result(web)).state).toBe('installed');
    expect((await node.result(mail)).state).toBe('rolled back');
  });

  test('is not done where one of its reloads fails, and the others are run anyway', async ({ node, ca }) => {
    await configure(node);
    const bundle = makeBundle(await ca.issue([MAIL]), { configDir: node.configDir, lineage: MAIL });
    await writeFile(join(node.directory, 'no-postfix'), 'postfix: fatal\n');
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 1 });
    expect((await node.result(bundle)).state).toBe('not reloaded');
    expect(await node.verbs()).toEqual(['mail-test', 'postfix', 'dovecot']);
  });
});

describe('a standby, whose web server runs where the VIP is', () => {
  test('installs what its test says nothing of: it failed before, for want of the VIP', async ({
    node,
    ca,
  }) => {
    await node.configure({ runsOn: 'holder' });
    const bundle = makeBundle(await ca.issue([WEB]), { configDir: node.configDir, lineage: WEB });
    for (const verb of ['test', 'reload'])
      await writeFile(join(node.directory, `no-${verb}`), 'bind() to 192.0.2.10:443 failed\n');
    await node.deliver(bundle);
    expect(await node.install()).toMatchObject({ code: 0, stderr: '' });
    expect((await node.result(bundle)).state).toBe('installed');
    // And once more, as a sync has it.
    await node.deliver(bundle);
    await node.install();
    expect((await node.result(bundle)).state).toBe('unchanged');
  });

  test('goes back from what makes a test fail that has passed', async ({ node, ca }) => {
    await node.configure({ runsOn: 'holder' });
    const issued = await ca.issue([WEB]);
    const bundle = makeBundle(issued, { configDir: node.configDir, lineage: WEB });
    await node.refuse(issued.certificate, 'nginx: [emerg] ee key too small');
    await node.deliver(bundle);
    await node.install();
    expect((await node.result(bundle)).state).toBe('rolled back');
  });
});
