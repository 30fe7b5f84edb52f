import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { OK } from '../../../lib/base/outcome.ts';
import { lostAccountOf } from '../../../lib/lineage/lost-account.ts';
import { noteLostAccounts } from '../../../lib/peers/note-lost-accounts.ts';
import { accountsFrom } from '../../../lib/peers/newer.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { inProcess } from '../../support/installer/in-process.ts';
import { leafIn, makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { ACCOUNT, SERVER } from '../../support/lineage/renewal-conf.ts';

const accountIn = (configDir: string) => join(configDir, 'accounts/ca.example.test:14000/dir', ACCOUNT);
const lostIn = (configDir: string) => ({
  ...{
    code: 'account-lost',
    lineage: NAME,
    account: ACCOUNT,
    server: SERVER,
    directory: accountIn(configDir),
  },
});
const recordOf = ({ certificate }: Issued) => ({
  ...{ lineage: NAME, leaf: leafIn(certificate), number: 1, names: [NAME], from: 'web1' },
  installedAt: '2026-11-24T00:00:00.000Z',
});
const said: string[] = [];
const noting = { lock: { waitMs: 0 }, err: (line: string) => void said.push(line) };

describe('an account is lost', () => {
  test.for([
    ['where its directory is gone', async (account: string) => await rm(account, { recursive: true })],
    [
      'where a link in its place leads nowhere',
      async (account: string) => {
        await rm(account, { recursive: true });
        await symlink('/nowhere', account);
      },
    ],
    ['where one of its files is', async (account: string) => await rm(join(account, 'regr.json'))],
    [
      'where all accounts are',
      async (account: string) => await rm(dirname(dirname(dirname(account))), { recursive: true }),
    ],
  ] as const)('%s', async ([, lose], { ca, directory }) => {
    await writeIssuerTree(directory, [await ca.issue([NAME])]);
    expect(await lostAccountOf(directory, NAME)).toBeNull();
    await lose(accountIn(directory));
    expect(await lostAccountOf(directory, NAME)).toEqual(lostIn(directory));
  });

  test('to nobody where another program renews the lineage, or its configuration names none', async ({
    ca,
    directory,
  }) => {
    await writeIssuerTree(directory, [await ca.issue([NAME])]);
    await rm(accountIn(directory), { recursive: true });
    const file = join(directory, 'renewal', `${NAME}.conf`);
    const conf = await readFile(file, 'utf8');
    for (const other of [conf.replace('= manual', '= nginx'), conf.replace(ACCOUNT, '../../x'), '']) {
      await writeFile(file, other);
      expect(await lostAccountOf(directory, NAME)).toBeNull();
    }
  });
});

test('a lost account is asked of who has it, comes with the generation that is here, and is told no more', async ({
  ca,
  directory,
}) => {
  let tests = 0;
  const { configDir, state, install } = inProcess(directory, async () => {
    tests += 1;
    return OK;
  });
  const stateDir = join(directory, 'state');
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [issued]);
  const { records } = state;
  const cluster = { config: { stateDir, certificates: { configDir, mode: 'shared' } } as unknown as Config };
  const asked = async (theirs: object, told: object = {}) =>
    await accountsFrom({ installed: [{ ...recordOf(issued), ...theirs }], ...told }, { cluster, records });
  const stamp = new Date().toISOString();
  await records.writeInstalled({ ...recordOf(issued), stamp });
  expect(await noteLostAccounts(cluster, records, noting)).toEqual([]);
  expect(await asked({})).toEqual([]);

  await rm(accountIn(configDir), { recursive: true });
  expect(await noteLostAccounts(cluster, records, noting)).toEqual([lostIn(configDir)]);
  expect(await records.installedOf(NAME)).toMatchObject({ lacksAccount: ACCOUNT, lacksServer: SERVER });
  expect(await asked({})).toHaveLength(1);
  // Who has lost it as well has nothing to give.
  expect(await asked({ lacksAccount: ACCOUNT })).toEqual([]);
  expect(await asked({}, { unread: [NAME] })).toEqual([]);

  const bundle = makeBundle(issued, { configDir });
  expect(await install(bundle)).toMatchObject({ state: 'unchanged' });
  expect(await readFile(join(accountIn(configDir), 'private_key.json'), 'utf8')).toBe(
    bundle.files['account/private_key.json'],
  );
  expect(await records.installedOf(NAME)).toEqual({ ...recordOf(issued), stamp });
  // No web server reads it; what else is asked for again, it may not have in use.
  expect(tests).toBe(0);
  await install(bundle);
  expect(tests).toBe(1);
  expect(await asked({})).toEqual([]);
});

test('an account that somebody has put back by hand is told no more', async ({ ca, directory }) => {
  const { configDir, state } = inProcess(directory);
  const stateDir = join(directory, 'state');
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [issued]);
  const cluster = { config: { stateDir, certificates: { configDir, mode: 'shared' } } as unknown as Config };
  await state.records.writeInstalled({ ...recordOf(issued), lacksAccount: ACCOUNT });
  expect(await noteLostAccounts(cluster, state.records, noting)).toEqual([]);
  expect(await state.records.installedOf(NAME)).toEqual(recordOf(issued));
});

test('what an earlier version has noted of it is noted anew, with its server', async ({ ca, directory }) => {
  const { configDir, state } = inProcess(directory);
  const stateDir = join(directory, 'state');
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [issued]);
  await rm(accountIn(configDir), { recursive: true });
  const cluster = { config: { stateDir, certificates: { configDir, mode: 'shared' } } as unknown as Config };
  await state.records.writeInstalled({ ...recordOf(issued), lacksAccount: ACCOUNT });
  await noteLostAccounts(cluster, state.records, noting);
  expect(await state.records.installedOf(NAME)).toMatchObject({ lacksServer: SERVER });
});

test('no other account comes with a generation that is here', async ({ ca, directory }) => {
  const { configDir, state, install } = inProcess(directory);
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [issued]);
  const file = join(configDir, 'renewal', `${NAME}.conf`);
  const own = 'f'.repeat(32);
  await writeFile(file, (await readFile(file, 'utf8')).replace(ACCOUNT, own));
  await rm(accountIn(configDir), { recursive: true });
  await state.records.writeInstalled({ ...recordOf(issued), lacksAccount: own });
  expect(await install(makeBundle(issued, { configDir }))).toMatchObject({ state: 'unchanged' });
  expect(await state.records.installedOf(NAME)).toMatchObject({ lacksAccount: own });
  expect(await lostAccountOf(configDir, NAME)).toMatchObject({ account: own });
  await expect(readFile(join(accountIn(configDir), 'regr.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('where an installer is at work, what is lost is told, and noted once it has ended', async ({
  ca,
  directory,
}) => {
  const { configDir, state } = inProcess(directory);
  const stateDir = join(directory, 'state');
  const issued = await ca.issue([NAME]);
  await writeIssuerTree(configDir, [issued]);
  await state.records.writeInstalled(recordOf(issued));
  await rm(accountIn(configDir), { recursive: true });
  const cluster = { config: { stateDir, certificates: { configDir, mode: 'shared' } } as unknown as Config };
  said.length = 0;
  await withInstallerLock(stateDir, async () => {
    expect(await noteLostAccounts(cluster, state.records, noting)).toEqual([lostIn(configDir)]);
  });
  expect(said[0]).toMatch(/^which ACME accounts are lost is not noted yet: .*\[lock-held\]$/);
  expect(await state.records.installedOf(NAME)).toEqual(recordOf(issued));
  await noteLostAccounts(cluster, state.records, noting);
  expect(await state.records.installedOf(NAME)).toMatchObject({ lacksAccount: ACCOUNT, lacksServer: SERVER });
});
