import { doesHolderRenew } from '../../cluster/vips.ts';
import { whoOf } from '../../cluster/target.ts';
import { troublesOf } from '../../status/troubles.ts';
import { counted } from '../../base/counted.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

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
    const slow = lineages.some(({ isCutOff }) => isCutOff)
      ? [complaint('warn', { code: 'check-too-slow', check: 'what is served', seconds: SURVEY_MS / 1000 })]
      : [];
    return judged(
      [...complaints, ...unknown.map((found) => complaint('warn', found)), ...slow],
      `${counted(count, 'lineage')} installed and served, ${counted(vips.length, 'VIP')} held by one node each`,
    );
  },
};
