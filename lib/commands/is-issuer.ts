import { reportError } from '../base/report-error.ts';
import type { Command } from './command.ts';

export const isIssuer: Command = {
  command: 'is-issuer',
  describe: 'exit with 0 if this node is to renew now, with 1 if not',
  builder: (yargs) => yargs.example('$0 is-issuer && certbot renew', 'renew on one node only'),
  handler: async (_, io) => {
    try {
      const { runIsIssuer } = await import('./run-is-issuer.ts');
      return await runIsIssuer(io);
    } catch (error) {
      // While dist/ is being replaced a part of it may be missing. A 1 would say that another node renews.
      reportError(error, io.err);
      return 2;
    }
  },
};
