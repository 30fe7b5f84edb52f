import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { linesOf } from '../../../lib/findings/words.ts';
import { accountsOf, severalAccounts } from '../../../lib/lineage/accounts.ts';
import { writeAccount } from '../../support/lineage/accounts.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';
import { expect, test } from '../../support/temporary.ts';

const OTHERS_HOOKS = ['manual_auth_hook = /etc/dns.py'];

async function writeConf(configDir: string, lineage: string, account: string, params = OWN_HOOKS) {
  await mkdir(join(configDir, 'renewal'), { recursive: true });
  const conf = renewalConf({ configDir, lineage, params }).replace(ACCOUNT, account);
  await writeFile(join(configDir, 'renewal', `${lineage}.conf`), conf);
}

describe('the ACME accounts of a CA', () => {
  test('are none where there is nothing at all', async ({ directory }) => {
    expect(await accountsOf(directory, SERVER)).toEqual([]);
    expect(await severalAccounts(directory)).toEqual([]);
  });

  test('are led by the first that was here of those in use, whatever their names', async ({ directory }) => {
    const unused = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    const second = await writeAccount(directory, { registered: '2026-03-01T00:00:00Z' });
    const first = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
    await writeAccount(directory, { registered: '2025-01-01T00:00:00Z', server: 'other.example.test/dir' });
    await writeConf(directory, 'b.test', second);
    await writeConf(directory, 'a.test', second);
    await writeConf(directory, 'c.test', first);
    expect(await accountsOf(directory, SERVER)).toEqual([
      { id: first, lineages: ['c.test'], foreign: [] },
      { id: second, lineages: ['a.test', 'b.test'], foreign: [] },
      { id: unused, lineages: [], foreign: [] },
    ]);
    expect(await severalAccounts(directory)).toEqual([
      {
        ...{ code: 'accounts-several', server: SERVER, account: first, others: [second, unused] },
        ...{ lineages: ['a.test', 'b.test'], kept: [], foreign: [] },
        directory: join(directory, 'renewal'),
      },
    ]);
  });

  test('are not those that lack a file, nor what bears another name', async ({ directory }) => {
    const id = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    const accounts = join(directory, 'accounts/ca.example.test:14000/dir');
    await mkdir(join(accounts, 'notes'));
    await rm(join(accounts, id, 'regr.json'));
    expect(await accountsOf(directory, SERVER)).toEqual([]);
  });

  test('are not those that only other programs’ lineages are renewed by, which is nobody’s trouble', async ({
    directory,
  }) => {
    const ours = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
    const theirs = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    await writeConf(directory, 'a.test', ours);
    await writeConf(directory, 'b.test', theirs, OTHERS_HOOKS);
    expect(await accountsOf(directory, SERVER)).toEqual([{ id: ours, lineages: ['a.test'], foreign: [] }]);
    expect(await severalAccounts(directory)).toEqual([]);
  });

  test('are in the order in which they came here, whatever their meta.json says: a peer has written that', async ({
    directory,
  }) => {
    const brought = { registered: '2001-01-01T00:00:00Z', arrived: '2026-02-01T00:00:00Z' };
    const theirs = await writeAccount(directory, brought);
    const ours = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    await writeConf(directory, 'a.test', theirs);
    await writeConf(directory, 'b.test', ours);
    expect((await accountsOf(directory, SERVER)).map(({ id }) => id)).toEqual([ours, theirs]);
  });

  test.for(['', '{}', 'no JSON'])('count with a meta.json of %j', async (meta, { directory }) => {
    const odd = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    const sound = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
    await writeFile(join(directory, 'accounts/ca.example.test:14000/dir', odd, 'meta.json'), meta);
    expect((await accountsOf(directory, SERVER)).map(({ id }) => id)).toEqual([odd, sound]);
  });

  test('are not to be unregistered where lineages of others need them, however those spell the CA', async ({
    directory,
  }) => {
    const first = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    const both = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
    const unused = await writeAccount(directory, { registered: '2026-03-01T00:00:00Z' });
    await writeConf(directory, 'a.test', first);
    await writeConf(directory, 'b.test', both);
    await writeConf(directory, 'dns.test', both, OTHERS_HOOKS);
    await writeConf(directory, 'slash.test', both, OTHERS_HOOKS);
    const slash = join(directory, 'renewal/slash.test.conf');
    await writeFile(slash, (await readFile(slash, 'utf8')).replace(SERVER, `${SERVER}/`));

    const [found] = await severalAccounts(directory);

    expect(found).toMatchObject({ kept: [both], foreign: ['dns.test', 'slash.test'] });
    const lines = found === undefined ? [] : linesOf(found);
    expect(lines).toContain(
      `${both}: needed by lineages that certbot-ha does not renew: dns.test, slash.test`,
    );
    expect(lines.filter((line) => line.includes('unregister'))).toEqual([
      `when no node prints a file for: grep -l ${unused} ${directory}/renewal/*.conf; then run here: ` +
        `certbot unregister --account ${unused} --server ${SERVER}`,
    ]);
    expect(lines.filter((line) => /\brm\b|accept/.test(line))).toEqual([]);
    expect(lines[1]).toContain(`${first}, ${both}, ${unused}, or lineage b.test: run none of these commands`);
  });

  test('are none of a CA where a file lies in the directory’s place', async ({ directory }) => {
    await mkdir(join(directory, 'accounts/ca.example.test:14000'), { recursive: true });
    await writeFile(join(directory, 'accounts/ca.example.test:14000/dir'), '');
    await writeConf(directory, 'a.test', ACCOUNT);
    expect(await severalAccounts(directory)).toEqual([]);
  });
});
