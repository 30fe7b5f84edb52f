import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe } from 'vitest';
import { tellDamage } from '../../../lib/state/damage.ts';
import { isDamaged } from '../../../lib/state/journal.ts';
import { layoutOf } from '../../../lib/state/layout.ts';
import { openState } from '../../../lib/state/state.ts';
import { DAMAGES, damage } from '../../support/damage.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { expect, test as base } from '../../support/temporary.ts';

const ID = 'a'.repeat(64);
const NAME = 'www.example.test';
const AT = '2026-11-24T00:00:00.000Z';
const LEAF = { sha256: ID, serial: '01', notBefore: AT, notAfter: AT };
const RECORD = { lineage: NAME, leaf: LEAF, number: 1, names: [NAME], from: 'web1', installedAt: AT };
const RESULT = { id: ID, lineage: NAME, state: 'installed', findings: [], messages: [], at: AT } as const;
const DELIVERY = {
  node: 'web2',
  lineage: NAME,
  id: ID,
  reason: { code: 'agent-silent' as const },
  since: AT,
};
const ENTRY = {
  lineage: NAME,
  id: ID,
  previous: 1,
  next: 2,
  settleAs: null,
  conf: null,
  phase: 'placing',
} as const;
const RUN = { id: 'one', process: null };

interface Opened {
  readonly state: ReturnType<typeof openState>;
  readonly at: ReturnType<typeof layoutOf>;
  readonly said: string[];
}

const test = base.extend<{ readonly opened: Opened }>({
  opened: async ({ directory }, use) => {
    const said: string[] = [];
    const state = openState(
      { stateDir: directory },
      tellDamage((line) => void said.push(line)),
    );
    await use({ state, at: layoutOf(directory), said });
  },
});

describe.for(DAMAGES)('%s', ([, why, put]) => {
  test('in place of a record counts as absent, and the next record takes its place', async ({ opened }) => {
    const { state, at, said } = opened;
    await damage(at.installedOf(NAME), put);
    await state.records.writeInstalled({ ...RECORD, lineage: 'other' });
    expect(await state.records.installedOf(NAME)).toBeNull();
    expect(await state.records.installed()).toEqual([{ ...RECORD, lineage: 'other' }]);
    expect(said).toEqual([
      expect.stringContaining(`${at.installedOf(NAME)}: damaged, taken for absent: ${why}`),
    ]);
    await state.records.writeInstalled(RECORD);
    expect(await state.records.installedOf(NAME)).toEqual(RECORD);
  });

  test('in place of a result counts as absent, and the next result takes its place', async ({ opened }) => {
    const { state, at, said } = opened;
    await damage(at.resultOf(ID), put);
    expect(await state.results.of(ID)).toBeNull();
    expect(said).toHaveLength(1);
    await state.results.write(RESULT);
    expect(await state.results.of(ID)).toEqual(RESULT);
  });

  test('in place of what is outstanding counts as nothing, and the next sync writes it anew', async ({
    opened,
  }) => {
    const { state, at, said } = opened;
    await damage(at.outstanding, put);
    expect(await state.outstanding.list()).toEqual([]);
    expect(said).toHaveLength(1);
    await state.outstanding.keep([], { nodes: ['web2'], lineages: [NAME], ids: [] });
    expect(await state.outstanding.list()).toEqual([]);
    await state.outstanding.add([DELIVERY]);
    expect(await state.outstanding.list()).toEqual([DELIVERY]);
    expect(said).toHaveLength(1);
  });

  test('in place of the failures counts as none, and is replaced', async ({ opened }) => {
    const { state, at, said } = opened;
    await damage(at.gateFailures, put);
    for (let count = 0; count < 4; count += 1) await state.gateFailures.record([NAME], 1);
    expect(await state.gateFailures.record([NAME], 1)).toEqual(new Map([[NAME, 5]]));
    expect(said).toHaveLength(1);
  });

  test('in place of a challenge is passed over and removed', async ({ opened }) => {
    const { state, at, said } = opened;
    const challenge = makeChallenge();
    await state.pending.record(RUN, challenge);
    await damage(at.pendingOf('damaged'), put);
    expect(await state.pending.batch(RUN)).toMatchObject([challenge]);
    expect(said).toEqual([expect.stringContaining(`${at.pendingOf('damaged')}: damaged`)]);
    expect(await readdir(at.pending)).toEqual([basename(at.pendingOf(challenge.token))]);
  });

  test('in place of a journal entry is told of, and the other entries are read', async ({ opened }) => {
    const { state, at } = opened;
    await state.journal.write({ ...ENTRY, lineage: 'other' });
    await damage(at.journalOf(NAME), put);
    const damaged = { lineage: NAME, file: at.journalOf(NAME), why: expect.stringContaining(why) };
    expect(await state.journal.read(NAME)).toEqual(damaged);
    const list = await state.journal.list();
    expect(list).toContainEqual({ ...ENTRY, lineage: 'other' });
    expect(list.filter(isDamaged)).toEqual([damaged]);
  });
});

test('an entry of another lineage is taken for damaged', async ({ opened: { state, at } }) => {
  await state.journal.write({ ...ENTRY, lineage: 'other' });
  const { rename } = await import('node:fs/promises');
  await rename(at.journalOf('other'), at.journalOf(NAME));
  expect(await state.journal.read(NAME)).toMatchObject({ lineage: NAME, why: 'of other' });
});

test('a file of the journal that is named for no lineage is of none', async ({ opened: { state, at } }) => {
  await damage(at.journalOf(''), async (file) => await writeFile(file, JSON.stringify(ENTRY)));
  expect(await state.journal.list()).toEqual([
    { file: at.journalOf(''), why: 'of no lineage', lineage: null },
  ]);
});

test('a file that is damaged again is told of again', async ({ opened: { state, at, said } }) => {
  const [, , cutOff] = DAMAGES[2];
  const read = async () => [await state.records.installedOf(NAME), await state.outstanding.list()];
  for (const times of [1, 2]) {
    await damage(at.installedOf(NAME), cutOff);
    await damage(at.outstanding, cutOff);
    await read();
    await read();
    expect(said).toHaveLength(2 * times);
    await state.records.writeInstalled(RECORD);
    await state.outstanding.add([DELIVERY]);
    expect(await read()).toEqual([RECORD, [DELIVERY]]);
  }
});

test('nothing is said of what is sound or absent', async ({ opened: { state, said }, directory }) => {
  await state.outstanding.add([DELIVERY]);
  expect(await state.outstanding.list()).toEqual([DELIVERY]);
  expect(await state.records.installed()).toEqual([]);
  expect(await state.journal.list()).toEqual([]);
  expect(said).toEqual([]);
  expect(await readdir(directory)).toEqual([basename(join(directory, 'outstanding.json'))]);
});
