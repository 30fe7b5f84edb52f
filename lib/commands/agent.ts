import { setFlagsFromString } from 'node:v8';
import type { Command } from './command.ts';

export const agent: Command = {
  command: 'agent',
  describe: 'run the agent in the foreground',
  builder: (yargs) =>
    yargs.example('$0 agent', 'log JSON lines to stdout until SIGTERM, as certbot-ha-agent.service does'),
  handler: async (_, io) => {
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
}
