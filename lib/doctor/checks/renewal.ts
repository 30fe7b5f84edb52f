import { renewingUnits, type RenewingUnit } from '../../certbot/renewing-units.ts';
import { shellWord } from '../../findings/area.ts';
import { complaint, judged, type Check, type Complaint } from '../check.ts';
import type { Context } from '../context.ts';
import { renewingJobs, type CronJob } from '../cron-jobs.ts';

/** One program of this node runs certbot renew, and asks first whether this node is the issuer. */
export const renewal: Check = {
  name: 'renewal',
  run: async (context) => await judge(context, await renewingJobs()),
};

/** What runs certbot renew: a timer or cron. */
interface Renewer {
  /** the timer, or the file of cron's */
  readonly name: string;
  readonly asksWho: boolean;
  /** where the question belongs: the service, or the file */
  readonly place: string;
  /** what ends it */
  readonly off: string;
}

export async function judge(
  { cluster: { config, self }, units }: Pick<Context, 'cluster' | 'units'>,
  jobs: readonly CronJob[],
) {
  const known = await units();
  const crons = jobs.filter(({ isLeftToSystemd }) => known === null || !isLeftToSystemd);
  const renewers = [...(known === null ? [] : renewingUnits(known)).map(timerOf), ...crons.map(jobOf)];
  const { mode, issuer } = config.certificates;
  // Another node may be the only one to renew.
  const isIssuer = mode === 'per-node' || ['vip', 'any', self.name].includes(issuer);
  // Where every node renews, no condition keeps one from it.
  const isConditional = mode === 'shared' && issuer !== 'any' && config.nodes.length > 1;
  return judged(
    [
      ...(renewers.length === 0 && isIssuer ? [complaint('fail', { code: 'nobody-renews' })] : []),
      ...(renewers.length > 1 ? [tooMany(renewers)] : []),
      ...(isConditional ? renewers.filter(({ asksWho }) => !asksWho).map(conditionMissing) : []),
    ],
    renewers.map(({ name }) => name).join(', ') || `nothing here: ${issuer} renews`,
  );
}

function timerOf({ timer, service, asksWho }: RenewingUnit): Renewer {
  return { name: timer, asksWho, place: service, off: `systemctl disable --now ${timer}` };
}

function jobOf({ file, asksWho }: CronJob): Renewer {
  const off = `sed -i.before -E '/certbot.*renew/s/^/#/' ${shellWord(file)}`;
  return { name: file, asksWho, place: file, off };
}

/** The one that asks is the one to keep, or else certbot's own. */
function tooMany(renewers: readonly Renewer[]): Complaint {
  const worth = ({ asksWho, name }: Renewer) => Number(asksWho) * 2 + Number(name === 'certbot.timer');
  const [, ...others] = renewers.toSorted((one, other) => worth(other) - worth(one));
  return complaint(
    'fail',
    { code: 'several-renewers', renewers: renewers.map(({ name }) => name) },
    { next: others.map(({ off }) => off).join('; ') },
  );
}

function conditionMissing({ place }: Renewer): Complaint {
  const isFile = place.startsWith('/');
  const next = `put "certbot-ha is-issuer && " before certbot in ${place}`;
  return complaint('fail', { code: 'condition-missing', unit: place }, isFile ? { next } : {});
}
