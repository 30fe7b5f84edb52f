import { cp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OK } from '../../../lib/base/outcome.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { applyDeletion, putBackLeft } from '../../../lib/removal/apply-deletion.ts';
import { asideOf } from '../../../lib/removal/aside.ts';
import { openState } from '../../../lib/state/state.ts';
import { KINDS } from '../../support/installer/looks.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { renewalConf, OWN_HOOKS } from '../../support/lineage/renewal-conf.ts';
import { noDamage } from '../../support/no-damage.ts';
import { treeOf } from '../../support/tree.ts';

/** What is gone of renewal/, live/ and archive/ when a removal is killed, one more each time. Half of a directory may be. */
const STEPS = [
  ['nothing', []],
  ['the configuration', ['renewal/NAME.conf']],
  ['a link of live', ['renewal/NAME.conf', 'live/NAME/privkey.pem']],
  ['live', ['renewal/NAME.conf', 'live/NAME']],
  ['the newest key', ['renewal/NAME.conf', 'live/NAME', 'archive/ARCHIVE/privkey2.pem']],
  ['all', ['renewal/NAME.conf', 'live/NAME', 'archive/ARCHIVE']],
] as const;

/** An archive of its own name, or one of another, which only the configuration tells. */
const CASES = STEPS.map(([step, gone], index) => ({
  ...{ step, gone, archive: index % 2 === 0 ? NAME : 'renamed.example.test' },
}));

test.for(CASES)(
  'a removal that is killed when $step is gone, of an archive $archive, ends with the whole copy',
  async ({ step, gone, archive }, { ca, directory }) => {
    const [stateDir, configDir] = [join(directory, 'state'), join(directory, 'letsencrypt')];
    const state = openState({ stateDir }, noDamage);
    const config = { stateDir, certificates: { configDir } } as Config;
    const [old, next] = [await ca.issue([NAME]), await ca.issue([NAME])];
    const written = renewalConf({ configDir, lineage: NAME, params: OWN_HOOKS });
    const conf = written.replace(`/archive/${NAME}`, `/archive/${archive}`);
    await writeIssuerTree(configDir, [old, next], { conf });
    await rename(join(configDir, 'archive', NAME), join(configDir, 'archive', archive));
    for (const kind of KINDS) {
      const link = join(configDir, 'live', NAME, `${kind}.pem`);
      await rm(link);
      await symlink(`../../archive/${archive}/${kind}2.pem`, link);
    }
    const before = await lineageTree(configDir);
    const deletion = {
      ...{ lineage: NAME, stamp: new Date(Date.now() + 60_000).toISOString(), from: 'web2' },
      ...{ isForced: false, isTrial: false },
    };
    const uses = { test: async () => OK, hasTest: true, seen: async () => [] };
    const apply = async (now: Date) => await applyDeletion(deletion, { config, state, uses, now });

    const { writeDeletion } = state.records;
    const killed = join(directory, 'killed');
    Object.assign(state.records, {
      writeDeletion: async (tombstone: Parameters<typeof writeDeletion>[0]) => {
        await writeDeletion(tombstone);
        // As it lies on disk when nothing is gone yet: live and archive are aside.
        await cp(configDir, killed, { recursive: true, verbatimSymlinks: true });
        throw Object.assign(new Error('killed'), { errno: -1, code: 'KILLED' });
      },
    });
    expect(await apply(new Date())).toMatchObject({ state: 'failed' });
    Object.assign(state.records, { writeDeletion });
    await rm(configDir, { recursive: true });
    await rename(killed, configDir);
    const asides = { [`live/${NAME}`]: '', [`archive/${archive}`]: '' };
    for (const path of gone) {
      const real = path.replace('NAME', NAME).replace('ARCHIVE', archive);
      const aside = Object.keys(asides).find((one) => real.startsWith(one));
      await rm(aside ? asideOf(join(configDir, aside)) + real.slice(aside.length) : join(configDir, real), {
        recursive: true,
      });
    }

    // A hook may have come between.
    if (archive === NAME) await putBackLeft(config);
    expect(await apply(new Date(Date.now() + 1_000))).toMatchObject({
      state: step === 'all' ? 'unchanged' : 'deleted',
    });
    expect(await lineageTree(configDir)).toEqual([]);
    expect(await state.records.deletionOf(NAME)).toMatchObject({ isPending: false });
    const backups = await readdir(join(stateDir, 'backup'));
    expect(backups).toHaveLength(1);
    const kept = join(stateDir, 'backup', backups[0] ?? '');
    expect((await state.records.deletionOf(NAME))?.backup).toBe(kept);
    expect(await lineageTree(kept)).toEqual(before);
  },
);

/** What certbot has of the lineage: the files, links and directories below renewal/, live/ and archive/. */
async function lineageTree(configDir: string): Promise<readonly string[]> {
  const all = await treeOf(configDir);
  return all.filter((line) => /example\.test/.test(line) && !line.includes('accounts'));
}
