import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { renewingUnits, startedServices, type RenewingUnit } from '../../certbot/renewing-units.ts';
import { scriptsIn } from '../../certbot/scripts.ts';
import type { Units } from '../../certbot/units-shown.ts';
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
  /** what else is wrong with it */
  readonly complaints: readonly Complaint[];
}

/** A timer of one of these is started at the next boot; `static` and the like may be by another unit. */
const NOT_AT_BOOT: ReadonlySet<string> = new Set([
  'disabled',
  'enabled-runtime',
  'linked',
  'linked-runtime',
  'transient',
]);

type ReadScripts = (command: string) => Promise<ReadonlyMap<string, string>>;

export async function judge(
  { cluster: { config, self }, units, env }: Pick<Context, 'cluster' | 'units' | 'env'>,
  jobs: readonly CronJob[],
  readScripts: ReadScripts = scriptsIn,
) {
  const known = await units();
  const program = await programIn(env);
  const crons = jobs.filter(({ isLeftToSystemd }) => known === null || !isLeftToSystemd);
  const timers = known === null ? [] : renewingUnits(known, await scriptsOf(known, readScripts));
  const renewers = [...timers.map(timerOf), ...crons.map((job) => jobOf(job, program))];
  const { mode, issuer } = config.certificates;
  // Another node may be the only one to renew.
  const isIssuer = mode === 'per-node' || ['vip', 'any', self.name].includes(issuer);
  // Where every node renews, no condition keeps one from it.
  const isConditional = mode === 'shared' && issuer !== 'any' && config.nodes.length > 1;
  return judged(
    [
      ...(renewers.length === 0 && isIssuer ? [complaint('fail', { code: 'nobody-renews' })] : []),
      ...(renewers.length > 1 ? [tooMany(renewers)] : []),
      ...(isConditional
        ? renewers.filter((one) => !one.asksWho).map((one) => conditionMissing(one, program))
        : []),
      ...renewers.flatMap(({ complaints }) => complaints),
    ],
    renewers.map(({ name }) => name).join(', ') || `nothing here: ${issuer} renews`,
  );
}

function timerOf({ timer, enabled, service, asksWho }: RenewingUnit): Renewer {
  const complaints = NOT_AT_BOOT.has(enabled)
    ? [complaint('warn', { code: 'unit-disabled', unit: timer })]
    : [];
  return { name: timer, asksWho, place: service, off: `systemctl disable --now ${timer}`, complaints };
}

/** Somebody may have wrapped certbot. */
async function scriptsOf(known: Units, readScripts: ReadScripts) {
  const read = startedServices(known).map(
    async ({ unit, command }) => [unit, [...(await readScripts(command)).values()]] as const,
  );
  return new Map(await Promise.all(read));
}

function jobOf({ file, asksWho, script, isUnfound }: CronJob, program: string): Renewer {
  const place = script ?? file;
  const line = script === undefined ? 'certbot.*renew' : script.replaceAll(/[/.]/g, '\\$&');
  const unfound = complaint(
    'warn',
    { code: 'condition-not-found', file: place },
    { next: changed(place, `s#(^|[^/[:alnum:]_-])certbot-ha #\\1${program} #`) },
  );
  return {
    name: file,
    asksWho,
    place,
    off: changed(file, `/${line}/s/^/#/`),
    complaints: isUnfound === true ? [unfound] : [],
  };
}

/** With a copy where cron does not look for jobs. */
function changed(file: string, script: string): string {
  return `cp -p ${shellWord(file)} /root/ && sed -i -E ${shellWord(script)} ${shellWord(file)}`;
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

/** What cron cannot find is no yes: nothing would be renewed. */
function conditionMissing({ place }: Renewer, program: string): Complaint {
  const isFile = place.startsWith('/');
  const next = `# in ${place}, before certbot: ${program} is-issuer &&`;
  return complaint('fail', { code: 'condition-missing', unit: place }, isFile ? { next } : {});
}

const USUAL_PROGRAM = '/usr/local/bin/certbot-ha';

/** Where this command is, by the PATH of who has typed it. */
async function programIn({ PATH = '' }: NodeJS.ProcessEnv): Promise<string> {
  for (const directory of PATH.split(delimiter).filter((one) => one.startsWith('/'))) {
    const file = join(directory, 'certbot-ha');
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false, // there is the next one
    );
    if (isThere) return file;
  }
  return USUAL_PROGRAM;
}
