import { doesHolderRenew } from '../../cluster/vips.ts';
import { whoOf } from '../../cluster/target.ts';
import { lateRenewals, renewalTerms } from '../../status/late.ts';
import type { LineageRow } from '../../status/lineage-row.ts';
import { troublesOf } from '../../status/troubles.ts';
import type { Config } from '../../cluster/config.ts';
import { counted } from '../../base/counted.ts';
import { renewalConfOf } from '../../certbot/config-dir.ts';
import { shellWord } from '../../findings/area.ts';
import { typed } from '../../findings/step.ts';
import { complaint, judged, skipped, type Check, type Complaint } from '../check.ts';

/** Longer than the survey. */
const SURVEY_MS = 30_000;

/** The newest certificate of each lineage is installed and served everywhere, and will be renewed in time; one node holds each VIP. */
export const certificates: Check = {
  name: 'certificates',
  timeoutMs: () => SURVEY_MS,
  run: async ({ cluster: { config }, seen }) => {
    const status = await seen();
    if (status === null) return skipped('without the cluster key no agent can be asked');
    const { lineages, vips } = status;
    // Those who do not answer at all, and what certbot would do otherwise, have checks of their own.
    const unanswered = new Set(
      status.nodes.filter(({ agent }) => agent === 'unreachable').map(({ reason }) => reason),
    );
    const troubles = troublesOf(
      { ...status, outstanding: [], overrides: [], accounts: [] },
      { needsHolder: doesHolderRenew(config), isPatient: false },
    ).filter(({ found }) => !unanswered.has(found));
    const count = new Set(lineages.map(({ lineage }) => lineage)).size;
    const unknown = status.notes.filter(({ code }) => code === 'lineage-not-known');
    const complaints = troubles.map(({ who, found }) => {
      const node = config.nodes.find((one) => whoOf(one) === who);
      const where = node ? { on: node } : who === null ? {} : { of: who };
      return complaint('fail', found, { ...where, config });
    });
    const ending = new Set(
      troubles.map(({ found }) => (found.code === 'certificate-ends' ? found.lineage : null)),
    );
    const rows = lineages.filter(({ lineage }) => !ending.has(lineage));
    const late = await lateOf(rows, config);
    const slow = lineages.some(({ isCutOff }) => isCutOff)
      ? [complaint('warn', { code: 'check-too-slow', check: 'what is served', seconds: SURVEY_MS / 1000 })]
      : [];
    return judged(
      [...complaints, ...unknown.map((found) => complaint('warn', found)), ...late, ...slow],
      `${counted(count, 'lineage')} installed and served, ${heldOf(vips)} held by one node each`,
    );
  },
};

/** Nodes that do not answer have checks of their own, and may be the holders. */
function heldOf(vips: readonly { readonly holders: readonly string[] }[]): string {
  const held = vips.filter(({ holders }) => holders.length === 1);
  return held.length === vips.length
    ? counted(vips.length, 'VIP')
    : `${held.length} of ${counted(vips.length, 'VIP')} seen`;
}

/** What was not renewed when it was due, or is renewed at every run. */
async function lateOf(rows: readonly LineageRow[], config: Config): Promise<readonly Complaint[]> {
  const { configDir } = config.certificates;
  const names = rows.map(({ lineage }) => lineage);
  const late = lateRenewals(rows, await renewalTerms(configDir, names), Date.now());
  return late.map(({ found }) => {
    if (found.code !== 'renewal-term-too-long') return complaint('warn', found, { config });
    const next = typed(`grep -n renew_before_expiry ${shellWord(renewalConfOf(configDir, found.lineage))}`);
    return complaint('warn', found, { next });
  });
}
