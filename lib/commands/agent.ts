import type { Command } from './command.ts';

export const agent: Command = {
  command: 'agent',
  describe: 'run the agent in the foreground',
  builder: (yargs) =>
    yargs.example('$0 agent', 'log JSON lines to stdout until SIGTERM, as certbot-ha-agent.service does'),
  handler: async (_, io) => {
    io.progress?.pause();
    const { runAgentCommand } = await import('./run-agent.ts');
    return await runAgentCommand(io);
  },
};
