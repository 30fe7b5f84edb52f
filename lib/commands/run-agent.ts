import { pino } from 'pino';
import { runAgent } from '../agent/agent.ts';
import { loadCluster } from '../cluster/load.ts';
import { visible } from '../base/print.ts';
import type { CommandIo } from '../base/io.ts';
import { endAtLast } from '../system/hung.ts';

/** It takes 2 s at the most. A disk that hangs may keep it without end; systemd would wait for 5 s (`TimeoutStopSec=`). */
const END_WITHIN_MS = 4_500;

/** `certbot-ha agent`: JSON lines on stdout until SIGTERM or SIGINT; SIGHUP has it take over what has changed. */
export async function runAgentCommand(io: CommandIo): Promise<0> {
  // Where it is on a terminal, that says that the terminal has gone.
  const onReload = io.isTerminal ? () => {} : hangUps();
  const cluster = await loadCluster(io.env);
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  const stdout = pino.destination({ fd: 1, sync: true });
  // A peer's or a stranger's words are in it as they came.
  const logger = pino(options, { write: (line) => void stdout.write(visible(line)) });
  // The same installation, as it was started: after an upgrade, the one that is there then.
  const commandLine = [process.execPath, process.argv[1] ?? ''];
  const signal = io.interruption(io.isTerminal ? undefined : ['SIGINT', 'SIGTERM']);
  endAtLast(signal, END_WITHIN_MS);
  await runAgent({
    cluster,
    load: async () => await loadCluster(io.env),
    onReload,
    env: io.env,
    pid: io.pid,
    commandLine,
    logger,
    signal,
  });
  return 0;
}

/** From the call on, SIGHUP ends no process. One that comes before it is said what to do then is not forgotten. */
function hangUps(): (act: () => void) => void {
  let isAsked = false;
  let act = () => {
    isAsked = true;
  };
  process.on('SIGHUP', () => act());
  return (given) => {
    act = given;
    if (isAsked) act();
  };
}
