import { liveOf } from '../../certbot/config-dir.ts';
import { severalAccounts } from '../../lineage/accounts.ts';
import { checkLineage } from '../../lineage/check-lineage.ts';
import { readLineage } from '../../lineage/lineage.ts';
import { listOurs } from '../../lineage/list.ts';
import { lostAccounts } from '../../lineage/lost-account.ts';
import { expectedFindings } from '../../base/expected.ts';
import { unlessHung } from '../../system/hung.ts';
import type { Finding } from '../../findings/register.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';
import { orphansIn } from '../orphans.ts';

/** Where somebody has to tell of a lineage that has lost its configuration. Longer than the survey. */
const SURVEY_MS = 30_000;

/** What this node has of each lineage fits together, and the ACME account that renews it is here. */
export const lineages: Check = {
  name: 'lineages',
  timeoutMs: () => SURVEY_MS,
  run: async ({ cluster, state, agents, seen, signal }) => {
    const { configDir, mode } = cluster.config.certificates;
    return await unlessHung(configDir, signal, async () => {
      const all = await listOurs(configDir);
      const orphans = await orphansIn({ cluster, state, agents, seen });
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
          ...[...broken.flat(), ...lost].map((found) => complaint('fail', found, { config: cluster.config })),
          ...inUse.map((found) => complaint('warn', found)),
          ...orphans,
        ],
        `${counted(all.length, 'lineage')}: certificate, key, chain and account fit together`,
      );
    });
  },
};

async function problemsOf(directory: string): Promise<readonly Finding[]> {
  try {
    return checkLineage(await readLineage(directory), [], new Date());
  } catch (error) {
    return expectedFindings(error);
  }
}
