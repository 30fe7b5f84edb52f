import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { failure, OK } from '../../../lib/base/outcome.ts';
import { collectBundle } from '../../../lib/lineage/collect.ts';
import { applyDeletion } from '../../../lib/removal/apply-deletion.ts';
import { recordCurrent } from '../../../lib/rollout/record-current.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { openState } from '../../../lib/state/state.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { noDamage } from '../../support/no-damage.ts';

/** A node whose web server names the lineage for as long as `isInUse` says. */
function nodeIn(directory: string) {
  const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
  const state = openState({ stateDir }, noDamage);
  const config = { stateDir, certificates: { configDir } } as Config;
  const node = { isInUse: true };
  const test = async () =>
    node.isInUse && !existsSync(join(configDir, 'live', NAME))
      ? failure({ code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said: [] })
      : OK;
  return {
    ...{ node, configDir, state },
    async has(...issued: readonly Issued[]) {
      await writeIssuerTree(configDir, issued);
    },
    async record(isIssued: boolean) {
      const bundle = await collectBundle(configDir, NAME, 'web1');
      return await recordCurrent(bundle, { config, records: state.records, views: [], isIssued });
    },
    async delete(stamp: string, isByHand = false) {
      const deletion = { lineage: NAME, stamp, from: 'web2', isForced: false, isTrial: false };
      return await applyDeletion(deletion, {
        ...{ config, state, isByHand, now: new Date() },
        uses: { test, hasTest: true, seen: async () => [] },
      });
    },
    isThere: () => existsSync(join(configDir, 'renewal', `${NAME}.conf`)),
  };
}

const soon = () => new Date(Date.now() + 60_000).toISOString();

describe('a deletion that the web server objects to', () => {
  test('leaves nothing behind where another node asked for it', async ({ ca, directory }) => {
    const { delete: remove, has, record, state, node, isThere } = nodeIn(directory);
    await has(await ca.issue([NAME]));
    await record(true);
    expect(await remove(soon())).toMatchObject({
      state: 'rolled back',
      findings: [{ code: 'lineage-in-use', lineage: NAME }, { code: 'web-server-test-failed' }],
    });
    expect(await state.records.deletionOf(NAME)).toBeNull();
    expect(isThere()).toBe(true);
    // Whoever brings it again has it deleted once that is possible.
    node.isInUse = false;
    expect(await remove(soon())).toMatchObject({ state: 'deleted' });
    expect(isThere()).toBe(false);
  });

  test('waits where it was typed, and never blocks or deletes what is issued later', async ({
    ca,
    directory,
  }) => {
    const { delete: remove, has, record, state, node, isThere } = nodeIn(directory);
    const [old, next] = [await ca.issue([NAME]), await ca.issue([NAME])];
    await has(old);
    await record(true);
    const stamp = soon();
    expect(await remove(stamp, true)).toMatchObject({ state: 'rolled back' });
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: true });
    await expect(record(false)).rejects.toMatchObject({ findings: [{ code: 'lineage-deleted' }] });

    await has(old, next);
    const { stamp: later = '' } = await record(true);
    expect(Date.parse(later)).toBeGreaterThan(Date.parse(stamp));
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: false });
    node.isInUse = false;
    expect(await remove(stamp)).toMatchObject({
      state: 'unchanged',
      findings: [{ code: 'issued-after-deletion' }],
    });
    expect(isThere()).toBe(true);
  });

  test('waits no longer once something later is found here, recorded or not', async ({ ca, directory }) => {
    const { delete: remove, has, record, state, isThere } = nodeIn(directory);
    const [old, next] = [await ca.issue([NAME]), await ca.issue([NAME])];
    await has(old);
    await record(true);
    const stamp = soon();
    await remove(stamp, true);
    await has(old, next);
    expect(await remove(stamp)).toMatchObject({ state: 'unchanged' });
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: false });
    expect(isThere()).toBe(true);
  });
});

describe('a deletion', () => {
  test('that a wrong clock has stamped deletes nothing, and gives way to one of now', async ({
    ca,
    directory,
  }) => {
    const { delete: remove, has, record, state, node } = nodeIn(directory);
    node.isInUse = false;
    await has(await ca.issue([NAME]));
    const ahead = { lineage: NAME, stamp: '2099-01-01T00:00:00.000Z', from: 'web1', isForced: false };
    const rest = { others: [], isPending: false, kept: null, backup: null, at: '2026-11-24T00:00:00.000Z' };
    await state.records.writeDeletion({ ...ahead, ...rest });
    expect(await record(false)).toMatchObject({ lineage: NAME });
    const stamp = soon();
    expect(await remove(stamp)).toMatchObject({ state: 'deleted' });
    expect(await state.records.deletionOf(NAME)).toMatchObject({ stamp, isPending: false });
  });

  test('is over only once its record is gone', async ({ ca, directory }) => {
    const { delete: remove, has, record, state, node } = nodeIn(directory);
    node.isInUse = false;
    await has(await ca.issue([NAME]));
    await record(true);
    const { forget } = state.records;
    Object.assign(state.records, { forget: async () => await Promise.reject(new Error('killed')) });
    await remove(soon()).catch(() => null);
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: true });
    Object.assign(state.records, { forget });
    await remove(soon());
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: false });
    expect(await state.records.installedOf(NAME)).toBeNull();
  });

  test('takes nothing whose record is later, though its certificate cannot be read', async ({
    ca,
    directory,
  }) => {
    const { delete: remove, has, record, configDir, node, isThere } = nodeIn(directory);
    node.isInUse = false;
    await has(await ca.issue([NAME]));
    const stamp = new Date(Date.now() - 60_000).toISOString();
    await record(true);
    rmSync(join(configDir, 'live', NAME, 'cert.pem'));
    expect(await remove(stamp)).toMatchObject({
      state: 'unchanged',
      findings: [{ code: 'issued-after-deletion' }],
    });
    expect(isThere()).toBe(true);
  });
});
