import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CommandIo } from '../base/io.ts';
import { CertbotHaError } from '../base/errors.ts';
import { waitingFor } from '../base/waiting.ts';
import { findCluster } from '../cluster/cluster.ts';
import { readConfig } from '../cluster/load.ts';
import { quoted } from '../findings/area.ts';
import { programsOf } from '../setup/admin-programs.ts';
import { leftBehind } from '../setup/left-behind.ts';
import { runCommand } from '../system/run-command.ts';
import type { Host } from '../units/host.ts';
import { install } from '../units/install.ts';
import { uninstall } from '../units/uninstall.ts';
import { usageError } from './usage-error.ts';
import { within } from '../system/deadline.ts';

interface RunOptions {
  readonly isForced: boolean;
  readonly isDryRun: boolean;
}

/** As systemd.unit(5) has them: the name becomes that of a directory. */
const SERVICE = /^[\w:.\\@-]{1,240}\.service$/;

/** `certbot-ha install`: 0 when everything is in place, but what somebody has changed. */
export async function runInstall(
  io: CommandIo,
  { services, ...options }: RunOptions & { readonly services: readonly string[] },
): Promise<0> {
  const wrong = services.find((service) => !SERVICE.test(service));
  if (wrong !== undefined) {
    const problem = `expected the name of a service, such as certbot-renew.service, got ${quoted(wrong)}`;
    throw usageError(`install: --certbot-unit: ${problem}`, 'install');
  }
  await install(services, hostOf(io, options));
  return 0;
}

/** For all questions together: nothing depends on the answers. */
const LEFT_MS = 10_000;
/** The agent's, where no sound configuration says another. */
const USUAL_PORT = 9480;

/** This node's own, else the one of all, where nothing tells which node this is. */
async function portOf(env: NodeJS.ProcessEnv): Promise<number> {
  let port = USUAL_PORT;
  try {
    const config = readConfig(env);
    port = config.agent.port;
    return (await findCluster(config, env)).self.agentPort;
  } catch (error) {
    if (error instanceof CertbotHaError) return port;
    throw error;
  }
}

/** `certbot-ha uninstall`: 0 when nothing of it is left, but what somebody has changed. */
export async function runUninstall(io: CommandIo, options: RunOptions): Promise<0> {
  const host = hostOf(io, options);
  await uninstall(host, async () => {
    return await waitingFor('what is left', io, async () => {
      const port = await portOf(io.env);
      const signal = within(io.interruption(), LEFT_MS);
      return await leftBehind({ programs: programsOf(io.env, signal), root: host.root, port });
    });
  });
  return 0;
}

function hostOf(io: CommandIo, options: RunOptions): Host {
  return {
    ...options,
    root: '/',
    dist: dirname(realpathSync(process.argv[1] ?? '')),
    now: new Date(),
    env: io.env,
    out: io.out,
    run: async (argv, given) =>
      await waitingFor(argv.join(' '), io, async () => await runCommand(argv, given)),
    isRoot: process.getuid?.() === 0,
  };
}
