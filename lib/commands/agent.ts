import { setFlagsFromString } from 'node:v8';
import type { Command, CommonOptions } from './command.ts';
import { flag } from './options.ts';

interface AgentOptions extends CommonOptions {
  readonly check?: boolean | undefined;
  readonly reload?: boolean | undefined;
}

export const agent: Command<AgentOptions> = {
  command: 'agent',
  describe: 'run the agent in the foreground',
  builder: (yargs) =>
    yargs
      .option('check', flag('only check what the agent would run with'))
      .option('reload', flag('have the agent that runs take over what has changed: for systemctl reload'))
      .conflicts('check', 'reload')
      .example('$0 agent', 'log JSON lines to stdout until SIGTERM, as certbot-ha-agent.service does')
      .example('$0 agent --check', 'before a restart: 0, or what is wrong'),
  handler: async ({ check, reload }, io) => {
    if (check === true) {
      const { checkAgent } = await import('./run-agent-check.ts');
      return await checkAgent(io);
    }
    if (reload === true) {
      const { reloadAgent } = await import('./run-agent-reload.ts');
      return await reloadAgent(io);
    }
    io.progress?.pause();
    keepHeapSmall();
    const { runAgentCommand } = await import('./run-agent.ts');
    return await runAgentCommand(io);
  },
};

/** A process that lives for months and is asked a few times a day: before anything is loaded that would have the heap grow. */
function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
  // What is asked a hundred times a day needs no compiler whose work takes more memory than all the rest, and keeps it.
  setFlagsFromString('--no-opt');
  setFlagsFromString('--no-maglev');
  // What was not run since the last large collection, such as all that only a start needs, is compiled anew when it is needed again.
  setFlagsFromString('--bytecode-old-age=1');
  setFlagsFromString('--flush-baseline-code');
}
