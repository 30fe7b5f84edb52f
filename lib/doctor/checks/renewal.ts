import { renewingJobs, type CronJob } from '../../certbot/cron-jobs.ts';
import { ownProgram } from '../../certbot/own-program.ts';
import { renewalTroubles } from '../../certbot/renewal-troubles.ts';
import { renewersHere, type ReadScripts } from '../../certbot/renewers.ts';
import type { FindingCode } from '../../findings/register.ts';
import { complaint, judged, type Check } from '../check.ts';
import type { Context } from '../context.ts';

/** One program of this node runs certbot renew, and asks first whether this node is the issuer. */
export const renewal: Check = {
  name: 'renewal',
  run: async (context) => await judge(context, await renewingJobs()),
};

/** Certificates are renewed for now. */
const WARNINGS: ReadonlySet<FindingCode> = new Set(['unit-disabled', 'condition-not-found']);

export async function judge(
  { cluster, units, env }: Pick<Context, 'cluster' | 'units' | 'env'>,
  jobs: readonly CronJob[],
  readScripts?: ReadScripts,
) {
  const known = await units();
  const renewers = await renewersHere(known, jobs, readScripts);
  const troubles = renewalTroubles(renewers, cluster, { units: known, program: await ownProgram(env) });
  return judged(
    troubles.map(({ found, next }) => complaint(WARNINGS.has(found.code) ? 'warn' : 'fail', found, { next })),
    renewers.map(({ name }) => name).join(', ') ||
      `nothing here: ${cluster.config.certificates.issuer} renews`,
  );
}
