import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { isSystemError } from '../base/expected.ts';
import { CERTBOT_SERVICES, type Unit, type Units } from '../certbot/units-shown.ts';
import type { Config } from '../cluster/config.ts';
import { readConfig } from '../cluster/load.ts';
import { DOCTOR_TIMER, ENABLED_UNITS, STARTED_UNITS } from '../cluster/own-units.ts';
import { shellWord, some } from '../findings/area.ts';
import { listOurs } from '../lineage/list.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { mountPoints } from '../system/mounts.ts';
import { exists, orNone } from '../system/read-file.ts';
import { removeIfThere } from '../system/write-file.ts';
import { running } from './command-step.ts';
import { directoriesIn, emptying } from './directories.ts';
import {
  dropInOf,
  dropIns,
  ownFiles,
  removal,
  servicesWithDropIn,
  OWN_FILES,
  UNITS,
  type HostFile,
} from './files.ts';
import { unitsOf, type Host } from './host.ts';
import { installedPackage, PROGRAMS } from './package.ts';
import { binOf, isNpms, unlinking } from './programs.ts';
import { SOCKET_DROP_IN } from './socket.ts';
import { noted, plan, take, todo, type Plan } from './step.ts';

const LOOK_MS = 10_000;

/**
 * Stops the units and removes what install has put in place, as far as nobody has changed it. Configuration, key, state, lineages and the
 * user stay. Of a package nothing is touched.
 * @param leftBehind what else the set-up has added to this host, be it with a package
 * @throws {CertbotHaError} where it cannot, or not to the end: another run goes on from there
 */
export async function uninstall(
  host: Host,
  leftBehind: () => Promise<readonly string[]> = async () => await Promise.resolve([]),
): Promise<void> {
  const { dist, root, out } = host;
  const found = await installedPackage(root);
  const units = await unitsOf(host);
  const bin = await binOf(dist, root);
  const services = [...new Set([...CERTBOT_SERVICES, ...(await servicesWithDropIn(root))])];
  const isPackages = dist === join(root, PROGRAMS);
  const own = isPackages ? OWN_FILES.map((file) => ({ file, text: null })) : await ownFiles(dist, bin);
  const socket = { file: SOCKET_DROP_IN, text: null };
  const files = [...own, socket, ...(await dropIns(dist, bin, services))];
  const removals = await Promise.all(files.map(async (file) => await removal(file, host)));
  const gone = files.filter((_, index) => (removals[index]?.steps.length ?? 0) > 0);
  const { steps, notes } = plan(
    found === null
      ? stopping(units, host)
      : noted(`the package ${found.name} stays: ${found.remove} removes it`),
    ...removals,
    found === null ? await forgettingRuns(root) : noted(),
    isPackages ? noted() : await unlinking(dist, root),
    await emptied(found === null ? own : [], { gone, services }, host),
    units !== null && gone.some(({ file }) => file.startsWith(UNITS))
      ? running(['systemctl', 'daemon-reload'], host.run)
      : noted(),
  );
  for (const note of notes) out(note);
  await take(steps, host);
  const left = await leftBehind();
  if (found !== null && left.length > 0) out(`in use until the package ${found.name} is removed:`);
  for (const line of left) out(line);
  if (steps.length === 0) return;
  if (found === null) await sayWhatStays(host);
  else sayWhatRuns(units, gone, out);
}

/** systemd notes there when a timer that makes up for missed runs has run last. */
async function forgettingRuns(root: string): Promise<Plan> {
  const stamp = join(root, `/var/lib/systemd/timers/stamp-${DOCTOR_TIMER}`);
  return (await exists(stamp))
    ? todo(`remove ${stamp}`, stamp, async () => await removeIfThere(stamp))
    : noted();
}

function stopping(units: Units | null, { run }: Host): Plan {
  if (units === null) return noted();
  const runs = (unit: string) => isRunning(units.get(unit));
  const enabled = ENABLED_UNITS.filter((unit) => runs(unit) || units.get(unit)?.enabled === 'enabled');
  const started = STARTED_UNITS.filter(runs);
  return plan(
    enabled.length === 0 ? noted() : running(['systemctl', 'disable', '--now', ...enabled], run),
    started.length === 0 ? noted() : running(['systemctl', 'stop', ...started], run),
  );
}

function isRunning(unit: Unit | undefined): boolean {
  return unit !== undefined && unit.isKnown && unit.state !== 'inactive' && unit.state !== 'failed';
}

/** Beside a package, whose units have the same names. */
function sayWhatRuns(units: Units | null, gone: readonly HostFile[], out: (line: string) => void): void {
  const names = ENABLED_UNITS.filter((unit) => isRunning(units?.get(unit)));
  const old = names.filter((unit) => gone.some(({ file }) => file === `${UNITS}/${unit}`));
  if (old.length > 0) out(`next: systemctl reenable ${old.join(' ')} && systemctl restart ${old.join(' ')}`);
}

/** The directories that install has made for what is gone, and those that tmpfiles.d has made for the web server. */
async function emptied(
  own: readonly HostFile[],
  { gone, services }: { readonly gone: readonly HostFile[]; readonly services: readonly string[] },
  { root }: Host,
): Promise<Plan> {
  const removed = gone.map(({ file }) => join(root, file));
  const dropInFiles = [SOCKET_DROP_IN, ...services.map(dropInOf)];
  const ofDropIns = dropInFiles.map((file) => join(root, dirname(file)));
  const made = own.flatMap(({ text }) => directoriesIn(text ?? ''));
  const ofWebServer = made
    .filter((directory) => directory.startsWith('/usr/'))
    .map((path) => join(root, path));
  const dropIns = await emptying(ofDropIns, removed);
  // What somebody else has in there is no affair of ours.
  const webServers = await emptying(ofWebServer.toReversed(), [], await mountPoints(), join(root, '/usr'));
  return plan({ ...dropIns, notes: [] }, webServers);
}

async function sayWhatStays({ dist, root, env, out }: Host): Promise<void> {
  const config = configIfSound(env);
  const configDir = config?.certificates.configDir ?? join(root, '/etc/letsencrypt');
  const kept = ['/etc/certbot-ha', config?.stateDir ?? '/var/lib/certbot-ha'];
  const places = kept.map(shellWord);
  out(`what stays: ${places.join(', ')}, ${configDir}, the user certbot-ha, and the web server's part`);
  const programs = isNpms(dist) ? 'npm uninstall --global certbot-ha' : `rm -r ${shellWord(dist)}`;
  out(`next, to remove the programs: ${programs}`);
  out(`next, to forget the cluster: ${await forgetting(kept, await mountPoints())}`);
  for (const line of await hooksLeft(configDir)) out(line);
}

/**
 * As it is typed. What is mounted in there may be other nodes' as well, and a bound directory is no other filesystem to rm.
 * @param mounts by their real paths, where a link may lead to
 */
export async function forgetting(places: readonly string[], mounts: readonly string[]): Promise<string> {
  const real = await Promise.all(places.map(async (place) => await orNone(realpath(place), place)));
  const mounted = mounts.filter((mount) =>
    real.some((place) => mount === place || mount.startsWith(`${place}/`)),
  );
  const first = mounted.toReversed().map((mount) => `umount ${shellWord(mount)} && `);
  const words = places.map(shellWord).join(' ');
  return `${first.join('')}rm -r --one-file-system ${words}; userdel certbot-ha`;
}

/** What certbot does from now on. */
async function hooksLeft(configDir: string): Promise<readonly string[]> {
  const renewal = shellWord(join(configDir, 'renewal'));
  try {
    const lineages = await unlessHung(configDir, deadline(LOOK_MS), async () => await listOurs(configDir));
    if (lineages.length === 0) return [];
    return [
      `certbot renew fails from now on for ${some(lineages)}: their renewal configuration names the hooks of certbot-ha`,
      `next, to see them: grep -l certbot-ha ${renewal}/*.conf`,
      `next, for each, with certbot 2.3 or later: certbot reconfigure --cert-name ${shellWord(lineages[0] ?? 'NAME')} --webroot -w DIRECTORY`,
    ];
  } catch (error) {
    if (!(error instanceof CertbotHaError) && !isSystemError(error)) throw error;
    return [
      `not known: whether certbot renews with the hooks of certbot-ha: grep -l certbot-ha ${renewal}/*.conf`,
    ];
  }
}

function configIfSound(env: NodeJS.ProcessEnv): Config | null {
  try {
    return readConfig(env);
  } catch (error) {
    if (error instanceof CertbotHaError) return null;
    throw error;
  }
}
