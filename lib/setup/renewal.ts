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
import { linesOf } from '../findings/words.ts';
import { runCommand } from '../system/run-command.ts';

interface RenewalOptions {
  readonly env: NodeJS.ProcessEnv;
  /** where cron's files are; default: / */
  readonly root?: string;
}

/**
 * Who renews on this node, what is wrong with that, and what to type about it: lines for a shell, in which all else is a comment.
 * It sees what `certbot-ha doctor` sees, and changes nothing.
 */
export async function renewalHere(
  cluster: Cluster,
  { env, root = '/' }: RenewalOptions,
): Promise<readonly string[]> {
  const [units, files, program] = await Promise.all([
    showUnits(async (argv, options) => await runCommand(argv, { ...options, env })),
    readCron(root),
    ownProgram(env),
  ]);
  const readScripts = async (command: string) => await scriptsIn(command, root);
  const renewers = await renewersHere(units, await renewingJobs(root, files), readScripts);
  const troubles = renewalTroubles(renewers, cluster, { units, program });
  const others = [...clientsOfCron(files), ...(units === null ? [] : await clientsOfTimers(units, root))];
  return [
    ...renewers.map((renewer) => lineFor(renewer, cluster)),
    ...troubles.flatMap(({ found, next }) => [...commentsOf(found), next]),
    ...others.flatMap(commentsOf),
  ];
}

function commentsOf(found: Finding): readonly string[] {
  return linesOf(found).map((line) => `# ${line}`);
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
