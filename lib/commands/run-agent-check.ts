import { CertbotHaError, type ExitCode } from '../base/errors.ts';
import type { CommandIo } from '../base/io.ts';
import { reportError } from '../base/report-error.ts';
import { webrootOf } from '../challenge/webroot-of.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { agentPlacesOf } from '../cluster/agent-places.ts';
import { loadCluster } from '../cluster/load.ts';
import { isOnStandby } from '../cluster/standby.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import { agentsUser, type AgentsUser } from './agents-user.ts';

/** Longer than that and looking up this node's name. */
const CHILD_TIMEOUT_MS = 30_000;
/** What root has in its environment besides is nothing that another user should read in /proc. */
const HANDED_ON = ['PATH', 'CERTBOT_HA_CONFIG', 'CERTBOT_HA_NODE'] as const;
/** Each line on stderr gets it anew. */
const OWN_PREFIX = /^certbot-ha: /;

/**
 * `certbot-ha agent --check`: whether an agent would start, or take over, what there is now. It changes nothing. Root may read and write
 * what the agent may not: started by root, it looks as the user whom systemd runs the agent as.
 * @throws {CertbotHaError} where there is no such configuration, or no such user
 */
export async function checkAgent(io: CommandIo): Promise<ExitCode> {
  const user = process.getuid?.() === 0 ? await agentsUser(io.env) : null;
  return user === null ? await checkHere(io) : await checkAs(user, io);
}

async function checkAs({ uid, group }: AgentsUser, { env, out, err }: CommandIo): Promise<ExitCode> {
  const who = [`--reuid=${uid}`, `--regid=${group}`, '--init-groups'];
  const argv = ['setpriv', ...who, '--', process.execPath, process.argv[1] ?? '', 'agent', '--check'];
  const handedOn = Object.fromEntries(HANDED_ON.map((name) => [name, env[name]]));
  const result = await runCommand(argv, { env: handedOn, timeoutMs: CHILD_TIMEOUT_MS });
  for (const line of linesIn(result.stdout)) out(line);
  for (const line of linesIn(result.stderr)) err(line.replace(OWN_PREFIX, ''));
  // One that still waits for a file system has said so, and then ended itself.
  const hasSaid = result.trouble?.code === 'program-killed' && result.stderr !== '';
  if (result.trouble !== null && !hasSaid) throw new CertbotHaError('failed', result.trouble);
  return result.code === 0 || result.code === 2 ? result.code : 1;
}

async function checkHere({ env, out, err }: CommandIo): Promise<ExitCode> {
  const cluster = await loadCluster(env);
  const { config, self } = cluster;
  const looks: readonly (() => unknown)[] = [
    () => readKeyFile(config.agent.keyFile),
    async () => await agentPlacesOf(cluster),
    async () =>
      (await isOnStandby(cluster)) ||
      (await unlessHung(self.webroot, deadline(LIMITS.webrootMs), webrootOf(cluster).canWrite)),
  ];
  let worst: ExitCode = 0;
  for (const look of looks) {
    try {
      await look();
    } catch (error) {
      const exitCode = reportError(error, err);
      if (exitCode > worst) worst = exitCode;
    }
  }
  if (worst === 0) out(`${config.file}: the agent of ${self.name} can run with it`);
  return worst;
}

function linesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
