import { CertbotHaError, findingsOf } from '../base/errors.ts';
import { readCron, renewingJobs, type CronFile } from '../certbot/cron-jobs.ts';
import { ownProgram } from '../certbot/own-program.ts';
import { renewalTroubles } from '../certbot/renewal-troubles.ts';
import { renewersHere, type Renewer } from '../certbot/renewers.ts';
import { startedServices } from '../certbot/renewing-units.ts';
import { otherClientsIn } from '../certbot/renews.ts';
import { scriptsIn } from '../certbot/scripts.ts';
import { showUnits, type Units } from '../certbot/units-shown.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Finding, FindingOf } from '../findings/register.ts';
import type { Step } from '../findings/step.ts';
import { linesOf } from '../findings/words.ts';
import { isInterrupted, within } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { runCommand } from '../system/run-command.ts';

interface RenewalOptions {
  readonly env: NodeJS.ProcessEnv;
  /** where cron's files are; default: / */
  readonly root?: string;
  readonly signal: AbortSignal;
  readonly readFiles?: (root: string) => Promise<readonly CronFile[]>;
}

const LOOK_MS = 10_000;
const PLACE = 'a file of cron, or a script that it or a timer runs';

/**
 * Who renews on this node, what is wrong with that, and what to type about it: lines for a shell, in which all else is a comment.
 * It sees what `certbot-ha doctor` sees, and changes nothing. Where a file lies on a file system that does not answer, it says so.
 * @throws {CertbotHaError} `failed` when it is interrupted
 */
export async function renewalHere(cluster: Cluster, options: RenewalOptions): Promise<readonly string[]> {
  const { env, signal } = options;
  const units = await showUnits(async (argv, how) => await runCommand(argv, { ...how, signal, env }));
  const limit = within(signal, LOOK_MS);
  try {
    return await unlessHung(PLACE, limit, async () => await renewalBy(units, cluster, options));
  } catch (error) {
    if (!(error instanceof CertbotHaError) || !limit.aborted) throw error;
    if (isInterrupted(limit)) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
    return ['# not known: who runs certbot renew on this node', ...findingsOf(error).flatMap(commentsOf)];
  }
}

async function renewalBy(
  units: Units | null,
  cluster: Cluster,
  { env, root = '/', readFiles = readCron }: RenewalOptions,
): Promise<readonly string[]> {
  const [files, program] = await Promise.all([readFiles(root), ownProgram(env)]);
  const readScripts = async (command: string) => await scriptsIn(command, root);
  const renewers = await renewersHere(units, await renewingJobs(root, files), readScripts);
  const troubles = renewalTroubles(renewers, cluster, { units, program });
  const others = [...clientsOfCron(files), ...(units === null ? [] : await clientsOfTimers(units, root))];
  return [
    ...renewers.map((renewer) => lineFor(renewer, cluster)),
    ...troubles.flatMap(({ found, next }) => [...commentsOf(found), ...next.flatMap(linesOfStep)]),
    ...others.flatMap(commentsOf),
  ];
}

function commentsOf(found: Finding): readonly string[] {
  return linesOf(found).map((line) => `# ${line}`);
}

/** A comment has a line of its own: an interactive zsh takes none behind a command. */
function linesOfStep({ note, command }: Step): readonly string[] {
  return [...(note === null ? [] : [`# ${note}`]), ...(command === null ? [] : [command])];
}

function lineFor({ name, asksWho }: Renewer, { config: { certificates, vips } }: Cluster): string {
  const { issuer } = certificates;
  const holder = issuer === 'vip' ? `the node that has ${vips[0] ?? 'the VIP'}` : issuer;
  const where = issuer === 'any' ? 'on every node' : asksWho ? `only on ${holder}` : 'whichever node this is';
  return `# ${name} runs certbot renew, ${where}`;
}

type OtherClient = FindingOf<'other-client-renews'>;

function clientsOfCron(files: readonly CronFile[]): readonly OtherClient[] {
  return files.flatMap(({ file, text, scripts }) => clientsIn([text, ...scripts.values()], `/${file}`));
}

async function clientsOfTimers(units: Units, root: string): Promise<readonly OtherClient[]> {
  const found = startedServices(units).map(async ({ unit, command }) =>
    clientsIn([command, ...(await scriptsIn(command, root)).values()], unit),
  );
  return (await Promise.all(found)).flat();
}

function clientsIn(texts: readonly string[], place: string): readonly OtherClient[] {
  const clients = new Set(texts.flatMap(otherClientsIn));
  return [...clients].map((client) => ({ code: 'other-client-renews', client, place }));
}
