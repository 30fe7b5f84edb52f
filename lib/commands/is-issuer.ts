import type { Command } from './command.ts';

export const isIssuer: Command = {
  command: 'is-issuer',
  describe: 'exit with 0 if this node is to renew now, with 1 if not',
  builder: (yargs) => yargs.example('$0 is-issuer && certbot renew', 'renew on one node only'),
  handler: async (_, io) => {
    const { runIsIssuer } = await import('./run-is-issuer.ts');
    return await runIsIssuer(io);
  },
};
