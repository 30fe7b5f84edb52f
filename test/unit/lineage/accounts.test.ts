import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
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

  test('are led by the first that was registered of those in use, whatever their names', async ({
    directory,
  }) => {
    const unused = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
    const second = await writeAccount(directory, { registered: '2026-03-01T00:00:00Z' });
    const first = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
    await writeAccount(directory, { registered: '2025-01-01T00:00:00Z', server: 'other.example.test/dir' });
    await writeConf(directory, 'b.test', second);
    await writeConf(directory, 'a.test', second);
    await writeConf(directory, 'c.test', first);
    expect(await accountsOf(directory, SERVER)).toEqual([
      { id: first, lineages: ['c.test'] },
      { id: second, lineages: ['a.test', 'b.test'] },
      { id: unused, lineages: [] },
    ]);
    expect(await severalAccounts(directory)).toEqual([
      {
        ...{ code: 'accounts-several', server: SERVER, account: first, others: [second, unused] },
        lineages: ['a.test', 'b.test'],
        directory: join(directory, 'accounts/ca.example.test:14000/dir'),
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
    expect(await accountsOf(directory, SERVER)).toEqual([{ id: ours, lineages: ['a.test'] }]);
    expect(await severalAccounts(directory)).toEqual([]);
  });

  test.for(['', '{}', '{"creation_dt": 4}', 'no JSON'])(
    'with a meta.json of %j come last',
    async (meta, { directory }) => {
      const odd = await writeAccount(directory, { registered: '2026-01-01T00:00:00Z' });
      const sound = await writeAccount(directory, { registered: '2026-02-01T00:00:00Z' });
      await writeFile(join(directory, 'accounts/ca.example.test:14000/dir', odd, 'meta.json'), meta);
      expect((await accountsOf(directory, SERVER)).map(({ id }) => id)).toEqual([sound, odd]);
    },
  );

  test('are none of a CA where a file lies in the directory’s place', async ({ directory }) => {
    await mkdir(join(directory, 'accounts/ca.example.test:14000'), { recursive: true });
    await writeFile(join(directory, 'accounts/ca.example.test:14000/dir'), '');
    await writeConf(directory, 'a.test', ACCOUNT);
    expect(await severalAccounts(directory)).toEqual([]);
  });
});
