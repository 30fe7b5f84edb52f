import { liveDirectory, liveOf, renewalConfOf } from '../../certbot/config-dir.ts';
import { renewerOf } from '../../certbot/renewal-data.ts';
import { severalAccounts } from '../../lineage/accounts.ts';
import { checkLineage } from '../../lineage/check-lineage.ts';
import { currentGeneration } from '../../lineage/current.ts';
import { readLineage } from '../../lineage/lineage.ts';
import { listOurs } from '../../lineage/list.ts';
import { lostAccounts } from '../../lineage/lost-account.ts';
import { isLineageName } from '../../lineage/schemas.ts';
import { expectedFindings } from '../../base/expected.ts';
import { unlessHung } from '../../system/hung.ts';
import { entriesOf, orNone, textOf } from '../../system/read-file.ts';
import type { Finding } from '../../findings/register.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

/** What this node has of each lineage fits together, and the ACME account that renews it is here. */
export const lineages: Check = {
  name: 'lineages',
  run: async ({ cluster: { config }, signal }) => {
    const { configDir, mode } = config.certificates;
    return await unlessHung(configDir, signal, async () => {
      const all = await listOurs(configDir);
      const orphans = await orphansIn(configDir);
      if (all.length === 0 && orphans.length === 0)
        return skipped(`${configDir} has none that certbot-ha's hooks renew`);
      const broken = await Promise.all(
        all.map(async (lineage) => await problemsOf(liveOf(configDir, lineage))),
      );
      const lost = mode === 'shared' ? await lostAccounts(configDir, all) : [];
      // One that no lineage of ours uses is no trouble.
      const several = mode === 'shared' ? await severalAccounts(configDir) : [];
      const inUse = several.filter(({ lineages }) => lineages.length > 0);
      return judged(
        [
          ...[...broken.flat(), ...lost].map((found) => complaint('fail', found)),
          ...inUse.map((found) => complaint('warn', found)),
          ...orphans,
        ],
        `${counted(all.length, 'lineage')}: certificate, key, chain and account fit together`,
      );
    });
  },
};

/** Those in live/ that certbot cannot renew, whoever serves them: without a configuration, or to be renewed by hand. */
async function orphansIn(configDir: string): Promise<readonly Complaint[]> {
  const entries = (await entriesOf(liveDirectory(configDir))).filter(isLineageName);
  const complaints = await Promise.all(
    entries.map(async (lineage) => {
      const current = await orNone(currentGeneration(configDir, lineage), null);
      if (current === null || !(await isOrphan(configDir, lineage))) return [];
      // What is over long since has been forgotten there.
      const level = Date.parse(current.notAfter) < Date.now() ? 'warn' : 'fail';
      return [complaint(level, { code: 'lineage-not-renewed', lineage })];
    }),
  );
  return complaints.flat();
}

async function isOrphan(configDir: string, lineage: string): Promise<boolean> {
  const conf = await orNone(textOf(renewalConfOf(configDir, lineage)), '');
  if (conf === null) return true;
  const { authenticator, authHook } = renewerOf(conf);
  return authenticator === 'manual' && authHook === null;
}

async function problemsOf(directory: string): Promise<readonly Finding[]> {
  try {
    return checkLineage(await readLineage(directory), [], new Date());
  } catch (error) {
    return expectedFindings(error);
  }
}
