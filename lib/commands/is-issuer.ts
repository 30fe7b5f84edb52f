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
      // Whatever goes wrong is a 2, also a part of dist/ that is missing while it is replaced: with 1, nobody would renew,
      // and nobody would hear of it.
      reportError(error, io.err);
      return 2;
    }
  },
};
