// @module-tag slow
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { isChange } from '../../../lib/certbot/changes.ts';
import { lineOf } from '../../../lib/findings/words.ts';
import type { InstallResult } from '../../../lib/state/results.ts';
import { inProcess } from '../../support/installer/in-process.ts';
import { makeBundle, NAME, withFiles, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';

const DAY_MS = 86_400_000;
const EVIL = 'https://evil.test/directory';

const test = base.extend<{ readonly old: Issued; readonly next: Issued }>({
  old: async ({ ca }, use) => await use(await ca.issue([NAME], { notBefore: new Date(Date.now() - DAY_MS) })),
  next: async ({ ca }, use) => await use(await ca.issue([NAME])),
});

const confFor = (configDir: string, server: string, ...params: readonly string[]) =>
  renewalConf({ configDir, lineage: NAME, params: [...OWN_HOOKS, ...params] }).replace(SERVER, server);

/** The changes of every command that a refusal prints. */
function commandsIn({ findings }: InstallResult): readonly (readonly string[])[] {
  return findings.flatMap((finding) => (finding.code === 'change-refused' ? [finding.changes] : []));
}

describe('of a lineage whose renewal configuration nobody can read here', () => {
  const file = (configDir: string) => join(configDir, 'renewal', `${NAME}.conf`);
  test.for([
    ['empty', 'conf-without-authenticator', async (conf: string) => await writeFile(conf, '')],
    [
      'cut off',
      'conf-without-authenticator',
      async (conf: string) => await writeFile(conf, 'version = 2.1.0\n'),
    ],
    ['renamed', 'file-missing', async (conf: string) => await rename(conf, `${conf}.bak`)],
    [
      'a link that leads nowhere',
      'file-missing',
      async (conf: string) => {
        await rm(conf);
        await symlink('/nonexistent', conf);
      },
    ],
    [
      'a link to itself',
      'file-missing',
      async (conf: string) => {
        await rm(conf);
        await symlink(conf, conf);
      },
    ],
  ] as const)(
    'nothing changes before an operator has said what holds: %s',
    async ([, code, spoil], { directory, old, next }) => {
      const { configDir, install, conf } = inProcess(directory);
      await writeIssuerTree(configDir, [old]);
      await spoil(file(configDir));
      const theirs = makeBundle(next, { configDir, number: 2, conf: confFor(configDir, EVIL) });

      const refused = await install(theirs);
      // This node's trouble alone: the roll-out to others goes on.
      expect(refused).toMatchObject({ state: 'failed', findings: [{ code }, { code: 'change-refused' }] });
      const [changes = []] = commandsIn(refused);
      expect(changes).toEqual(
        expect.arrayContaining([`server=${EVIL}`, `account=${ACCOUNT}`, 'reuse_key=false', 'autorenew=true']),
      );
      expect(changes.filter((change) => !isChange(change))).toEqual([]);
      expect(await readdir(join(configDir, 'archive', NAME))).not.toContain('cert2.pem');

      const { state } = inProcess(directory);
      await state.accepted.accept(
        NAME,
        changes.map((change) => change.replace(EVIL, SERVER)),
        new Date(),
      );
      expect(await install(theirs)).toMatchObject({ state: 'failed' });
      const ours = makeBundle(next, { configDir, number: 2, conf: confFor(configDir, SERVER) });
      expect(await install(ours)).toMatchObject({ state: 'installed' });
      expect(await conf()).toContain(`server = ${SERVER}\n`);
      // It is used up.
      expect(await state.accepted.of(NAME, new Date())).toEqual(new Set());
    },
  );

  test('nothing is begun where a directory stands in its place', async ({ directory, old, next }) => {
    const { configDir, install, state } = inProcess(directory);
    await writeIssuerTree(configDir, [old]);
    await rm(file(configDir));
    await mkdir(file(configDir));
    expect(await install(makeBundle(next, { configDir, number: 2 }))).toMatchObject({
      state: 'failed',
      findings: [{ code: 'file-unreadable', file: file(configDir), error: 'EISDIR' }],
    });
    expect(await readdir(join(configDir, 'archive', NAME))).not.toContain('cert2.pem');
    expect(await state.journal.list()).toEqual([]);
  });
});

test('a certificate that cannot be read here has the names that it was installed with', async ({
  ca,
  directory,
  next,
}) => {
  const { configDir, install } = inProcess(directory);
  const both = await ca.issue([NAME, 'second.test'], { notBefore: new Date(Date.now() - DAY_MS) });
  expect(await install(makeBundle(both, { configDir }))).toMatchObject({ state: 'installed' });
  await writeFile(join(configDir, 'archive', NAME, 'cert1.pem'), 'damaged');
  const refused = await install(makeBundle(next, { configDir, number: 2 }));
  expect(refused).toMatchObject({ state: 'refused', findings: [{ code: 'names-lost' }, {}] });
  expect(commandsIn(refused)).toEqual([['without=second.test']]);
});

test('what is gone on with after an interruption is reviewed as well', async ({ directory, old, next }) => {
  let isTested = false;
  const dies = async () => {
    isTested = true;
    throw new Error('killed in the test');
  };
  const { configDir, install } = inProcess(directory, dies);
  await writeIssuerTree(configDir, [old]);
  const before = confFor(configDir, SERVER);
  const sound = makeBundle(next, { configDir, number: 2, conf: before });
  await expect(install(sound)).rejects.toThrow('killed');
  expect(isTested).toBe(true);

  // The same certificate with another configuration beside it.
  const again = inProcess(directory);
  const forged = withFiles(sound, { 'renewal.conf': confFor(configDir, EVIL) });
  expect(await again.install(forged)).toMatchObject({
    state: 'refused',
    findings: [{ code: 'conf-differs', key: 'server' }, { code: 'change-refused' }],
  });
  expect(await again.conf()).toBe(before);
  expect(await again.state.journal.list()).toEqual([]);
  expect(await again.install(sound)).toMatchObject({ state: 'installed' });
});

describe('the commands that accept changes', () => {
  test('are never cut, however many names are lost', async ({ ca, directory, next }) => {
    const { configDir, install, state } = inProcess(directory);
    const names = Array.from({ length: 100 }, (_, index) => `${'n'.repeat(40)}${index}.example.test`);
    const all = await ca.issue([NAME, ...names], { notBefore: new Date(Date.now() - DAY_MS) });
    await writeIssuerTree(configDir, [all]);
    const fewer = makeBundle(next, { configDir, number: 2 });
    const refused = await install(fewer);
    const commands = commandsIn(refused);
    expect(commands.length).toBeGreaterThan(5);
    expect(new Set(commands.flat())).toEqual(new Set(names.map((name) => `without=${name}`)));
    for (const changes of commands) {
      const line = lineOf({ code: 'change-refused', lineage: NAME, changes });
      expect(refused.messages).toContain(line);
      expect(line.length).toBeLessThanOrEqual(1_000);
      expect(await install(fewer)).toMatchObject({ state: 'refused' });
      await state.accepted.accept(NAME, changes, new Date());
    }
    expect(await install(fewer)).toMatchObject({ state: 'installed' });
  });

  test('come one result after another where they are too many for one', async ({ ca, directory, next }) => {
    const { configDir, install, state } = inProcess(directory);
    const names = Array.from({ length: 700 }, (_, index) => `${'n'.repeat(40)}${index}.example.test`);
    await writeIssuerTree(configDir, [
      await ca.issue([NAME, ...names], { notBefore: new Date(Date.now() - DAY_MS) }),
    ]);
    const fewer = makeBundle(next, { configDir, number: 2 });
    let ending = await install(fewer);
    for (let round = 0; round < 10 && ending.state === 'refused'; round += 1) {
      for (const changes of commandsIn(ending)) await state.accepted.accept(NAME, changes, new Date());
      ending = await install(fewer);
    }
    expect(ending).toMatchObject({ state: 'installed' });
  });

  test('hold as an earlier version has written them, all names in one', async ({ ca, directory, next }) => {
    const { configDir, install, state } = inProcess(directory);
    const all = await ca.issue([NAME, 'a.test', 'b.test'], { notBefore: new Date(Date.now() - DAY_MS) });
    await writeIssuerTree(configDir, [all]);
    await state.accepted.accept(NAME, ['without=a.test,b.test'], new Date());
    expect(await install(makeBundle(next, { configDir, number: 2 }))).toMatchObject({ state: 'installed' });
  });

  test('end after a day each', async ({ directory }) => {
    const { state } = inProcess(directory);
    const hours = (count: number) => new Date(Date.UTC(2026, 10, 24) + count * 3_600_000);
    await state.accepted.accept(NAME, ['without=a.test'], hours(0));
    await state.accepted.accept(NAME, ['without=b.test'], hours(20));
    expect([...(await state.accepted.of(NAME, hours(21)))].toSorted()).toEqual([
      'without=a.test',
      'without=b.test',
    ]);
    expect([...(await state.accepted.of(NAME, hours(25)))]).toEqual(['without=b.test']);
  });
});

describe('what a renewal would be made differently by', () => {
  test.for([
    ['allow_subset_of_names = True', 'allow_subset_of_names=true'],
    ['must_staple = True', 'must_staple=true'],
    ['required_profile = shortlived', 'required_profile=shortlived'],
    ['preferred_profile = short lived', 'preferred_profile=short lived'],
  ] as const)('changes by a hand on each node only: %s', async ([line, wanted], { directory, old, next }) => {
    const { configDir, install, conf, state } = inProcess(directory);
    await writeIssuerTree(configDir, [old]);
    const before = await conf();
    const bundle = makeBundle(next, { configDir, number: 2, conf: confFor(configDir, SERVER, line) });
    const refused = await install(bundle);
    expect(refused).toMatchObject({ state: 'refused', findings: [{ code: 'conf-differs' }, {}] });
    expect(commandsIn(refused)).toEqual([[wanted]]);
    expect(isChange(wanted)).toBe(true);
    expect(await conf()).toBe(before);

    await state.accepted.accept(NAME, [wanted], new Date());
    expect(await install(bundle)).toMatchObject({ state: 'installed' });
    expect(await conf()).toContain(`\n${line}\n`);
  });

  test('may be left out again by the same way', async ({ directory, old, next }) => {
    const { configDir, install, conf, state } = inProcess(directory);
    const params = [...OWN_HOOKS, 'required_profile = shortlived'];
    await writeIssuerTree(configDir, [old], { conf: renewalConf({ configDir, lineage: NAME, params }) });
    const bundle = makeBundle(next, { configDir, number: 2, conf: confFor(configDir, SERVER) });
    expect(commandsIn(await install(bundle))).toEqual([['required_profile=']]);
    expect(isChange('required_profile=')).toBe(true);
    await state.accepted.accept(NAME, ['required_profile='], new Date());
    expect(await install(bundle)).toMatchObject({ state: 'installed' });
    expect(await conf()).not.toContain('required_profile');
  });
});
