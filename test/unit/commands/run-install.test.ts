import { expect, test } from 'vitest';
import { runInstall } from '../../../lib/commands/run-install.ts';

const IO = {
  env: {},
  pid: 1,
  out: () => {},
  err: () => {},
  isTerminal: false,
  interruption: () => new AbortController().signal,
};

test.for(['certbot-renew', 'a/../b.service', 'certbot.timer', '', '.service'])(
  'refuses %j for a service, before it looks at anything',
  async (service) => {
    const options = { services: ['certbot-renew.service', service], isForced: false, isDryRun: true };
    await expect(runInstall(IO, options)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(`install: --certbot-unit: expected the name of a service`),
    });
  },
);
