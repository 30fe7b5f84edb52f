import { basename, join } from 'node:path';
import { renewingUnits } from '../certbot/renewing-units.ts';
import { CERTBOT_SERVICES, type Units } from '../certbot/units-shown.ts';
import { AGENT, AGENT_SOCKET, ALL_OWN_UNITS, ENABLED_UNITS } from '../cluster/own-units.ts';
import { exists } from '../system/read-file.ts';
import { running } from './command-step.ts';
import { areMissing, directoriesIn } from './directories.ts';
import { dropInOf, dropIns, ownFiles, placing, UNITS, type SourceFile } from './files.ts';
import { checkPrograms } from './fit.ts';
import { unitsOf, type Host } from './host.ts';
import { checkPackage, installedPackage, type Package } from './package.ts';
import { binOf, linking } from './programs.ts';
import { holding } from './socket.ts';
import { neededHere, starting, type Needed } from './start.ts';
import { noted, plan, take, type Plan } from './step.ts';

const USER = 'certbot-ha';
const ASK_MS = 10_000;

/**
 * Puts in place what a package puts in place, and starts what the configuration needs. What is there already is left, and so is what
 * somebody has changed. Where a package is installed, only a service of certbot's that it does not know is left to do.
 * @param given services of certbot, besides those that are found
 * @throws {CertbotHaError} where it cannot, or not to the end: another run goes on from there
 */
export async function install(given: readonly string[], host: Host): Promise<void> {
  const { root, out } = host;
  const found = await installedPackage(root);
  const units = await unitsOf(host);
  const renewing = units === null ? [] : renewingUnits(units).map(({ service }) => service);
  const services = [...new Set([...CERTBOT_SERVICES, ...renewing, ...given])];
  const needed = await neededHere(host.env);
  const { steps, notes } =
    found === null
      ? await withoutPackage(services, needed, units, host)
      : await besidePackage({ found, services, needed }, units, host);
  for (const note of notes) out(note);
  await take(steps, host);
  if (found === null && 'lacks' in needed) sayWhatLacks(needed.lacks, out);
  if ('problem' in needed) throw needed.problem;
}

async function withoutPackage(
  services: readonly string[],
  needed: Needed,
  units: Units | null,
  host: Host,
): Promise<Plan> {
  const { dist, root } = host;
  await checkPrograms(dist, dist.startsWith(`${root}/`) ? dist.slice(root.length) : dist, host);
  const bin = await binOf(dist, root);
  const links = await linking(dist, bin, host);
  const socket = socketIn(needed);
  const files = [...(await ownFiles(dist, bin)), ...(await dropIns(dist, bin, services)), ...socket];
  const placed = await Promise.all(files.map(async (file) => await placing(file, host)));
  const written = files.filter((_, index) => (placed[index]?.steps.length ?? 0) > 0);
  const isSound = 'units' in needed;
  const held = socketHeld(socket, written, units, host);
  return plan(
    links,
    ...placed,
    await preparing(files, written, host),
    loading(written, units, host),
    held ?? noted(),
    isSound ? restarting(written, held === null ? [] : [AGENT], units, host) : noted(),
    isSound ? starting(needed.units, units, host.run) : noted(),
  );
}

/** The user and the directories, by the files that are there when it runs. */
async function preparing(
  files: readonly SourceFile[],
  written: readonly SourceFile[],
  { root, run }: Host,
): Promise<Plan> {
  const prefix = root === '/' ? [] : [`--root=${root}`];
  const [users, directories] = files;
  const { code } = await run(['getent', 'passwd', USER], { timeoutMs: ASK_MS });
  const needsUser = code !== 0 || written.some((file) => file === users);
  const needsDirectories =
    written.some((file) => file === directories) ||
    (await areMissing(directoriesIn(directories?.text ?? ''), root));
  return plan(
    needsUser ? running(['systemd-sysusers', ...prefix, users?.file ?? ''], run) : noted(),
    needsDirectories
      ? running(['systemd-tmpfiles', '--create', ...prefix, directories?.file ?? ''], run)
      : noted(),
  );
}

/** What systemd has read before, or what a run that was broken off has written, is older than the files. */
function loading(written: readonly SourceFile[], units: Units | null, { run }: Pick<Host, 'run'>): Plan {
  if (units === null) return noted();
  const isWritten = written.some(({ file }) => file.startsWith(UNITS));
  const isStale = [...units.values()].some(({ isStale: is }) => is);
  const isUnknown = ALL_OWN_UNITS.some((name) => {
    const unit = units.get(name);
    return unit !== undefined && !unit.isKnown && !unit.enabled.startsWith('masked');
  });
  return isWritten || isStale || isUnknown ? running(['systemctl', 'daemon-reload'], run) : noted();
}

/**
 * Of what runs by a file that is replaced; what is started by others reads the new one next time. The agent's socket is as good as
 * before.
 * @param started those that are started anyway
 */
function restarting(
  written: readonly SourceFile[],
  started: readonly string[],
  units: Units | null,
  { run }: Pick<Host, 'run'>,
): Plan {
  const names = new Set(written.map(({ file }) => basename(file)));
  for (const unit of [AGENT_SOCKET, ...started]) names.delete(unit);
  const old = ENABLED_UNITS.filter((unit) => names.has(unit) && units?.get(unit)?.state === 'active');
  return old.length === 0 ? noted() : running(['systemctl', 'try-restart', ...old], run);
}

/** What systemd is to hold for the agent, if there is anything. */
function socketIn(needed: Needed): readonly SourceFile[] {
  return 'units' in needed && needed.socket !== null ? [needed.socket] : [];
}

function socketHeld(
  [socket]: readonly SourceFile[],
  written: readonly SourceFile[],
  units: Units | null,
  { run }: Pick<Host, 'run'>,
): Plan | null {
  return socket === undefined ? null : holding(written.includes(socket), units, run);
}

async function besidePackage(
  {
    found,
    services,
    needed,
  }: { readonly found: Package; readonly services: readonly string[]; readonly needed: Needed },
  units: Units | null,
  host: Host,
): Promise<Plan> {
  const { dist, root } = host;
  await checkPackage(found, root);
  const known: readonly string[] = CERTBOT_SERVICES;
  const others = services.filter((service) => !known.includes(service));
  const socket = socketIn(needed);
  const files = [...(await dropIns(dist, '/usr/bin', others)), ...socket];
  const placed = await Promise.all(files.map(async (file) => await placing(file, host)));
  const written = files.filter((_, index) => (placed[index]?.steps.length ?? 0) > 0);
  const own = [...ALL_OWN_UNITS.map((unit) => `${UNITS}/${unit}`), ...CERTBOT_SERVICES.map(dropInOf)];
  const places = own.map((file) => join(root, file));
  const there = await Promise.all(places.map(async (file) => await exists(file)));
  const before = places.filter((_, index) => there[index]);
  return plan(
    noted(`the package ${found.name} is installed, and has put everything else in place`),
    noted(
      ...before.map((file) => `${file} is used in place of the package's; certbot-ha uninstall removes it`),
    ),
    ...placed,
    loading(written, units, host),
    socketHeld(socket, written, units, host) ?? noted(),
  );
}

function sayWhatLacks(file: string, out: (line: string) => void): void {
  out(`nothing is enabled yet: ${file} is not there`);
  out('next: certbot-ha init, or certbot-ha init --join; then certbot-ha install once more');
}
