import { basename, dirname } from 'node:path';
import { shellWord } from '../findings/area.ts';
import { sedPattern } from '../findings/step.ts';
import type { CronJob } from './cron-jobs.ts';
import { renewingUnits, startedServices, type RenewingUnit } from './renewing-units.ts';
import { scriptsIn } from './scripts.ts';
import type { Units } from './units-shown.ts';

/** What runs certbot renew on this host: a timer or cron. */
export interface Renewer {
  /** the timer, or the file of cron's */
  readonly name: string;
  readonly asksWho: boolean;
  /** where the question belongs: the service, or the file */
  readonly place: string;
  /** what ends it */
  readonly off: string;
  /** it is a timer, and the next boot ends it */
  readonly isLostAtBoot: boolean;
  /** it asks by a name that cron does not find: then nothing is renewed */
  readonly isUnfound: boolean;
}

export type ReadScripts = (command: string) => Promise<ReadonlyMap<string, string>>;

/** A timer of one of these is started at the next boot; `static` and the like may be by another unit. */
const NOT_AT_BOOT: ReadonlySet<string> = new Set([
  'disabled',
  'enabled-runtime',
  'linked',
  'linked-runtime',
  'transient',
]);

/** All of them. @param units null: systemd does not run this host, or does not answer */
export async function renewersHere(
  units: Units | null,
  jobs: readonly CronJob[],
  readScripts: ReadScripts = scriptsIn,
): Promise<readonly Renewer[]> {
  const timers = units === null ? [] : renewingUnits(units, await scriptsOf(units, readScripts));
  const crons = jobs.filter(({ isLeftToSystemd }) => units === null || !isLeftToSystemd);
  return [...timers.map(byTimer), ...crons.map(byCron)];
}

/** Somebody may have wrapped certbot. */
async function scriptsOf(known: Units, readScripts: ReadScripts) {
  const read = startedServices(known).map(
    async ({ unit, command }) => [unit, [...(await readScripts(command)).values()]] as const,
  );
  return new Map(await Promise.all(read));
}

function byTimer({ timer, enabled, service, asksWho }: RenewingUnit): Renewer {
  return {
    name: timer,
    asksWho,
    place: service,
    off: `systemctl disable --now ${shellWord(timer)}`,
    isLostAtBoot: NOT_AT_BOOT.has(enabled),
    isUnfound: false,
  };
}

function byCron({ file, asksWho, script, isUnfound }: CronJob): Renewer {
  const line = script === undefined ? 'certbot.*renew' : sedPattern(script);
  return {
    name: file,
    asksWho,
    place: script ?? file,
    off: editing(file, `/${line}/s/^/#/`),
    isLostAtBoot: false,
    isUnfound: isUnfound === true,
  };
}

/** A command that edits a file by sed, with a copy of it where cron does not look for jobs. */
export function editing(file: string, script: string): string {
  const copy = `/root/${basename(dirname(file))}-${basename(file)}`;
  const keep = `cp -p --backup=numbered ${shellWord(file)} ${shellWord(copy)}`;
  return `${keep} && sed -i -E ${shellWord(script)} ${shellWord(file)}`;
}
