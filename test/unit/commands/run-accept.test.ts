import { expect, test } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runAccept } from '../../../lib/commands/run-accept.ts';

/** Refused before the configuration is read. */
const io: CommandIo = {
  ...{ env: { CERTBOT_HA_CONFIG: '/nowhere/config.yaml' }, pid: process.pid, isTerminal: false },
  ...{ out: () => undefined, err: () => undefined, interruption: () => new AbortController().signal },
};
const NAME = 'www.example.com';

test.for([
  [
    [NAME, 'serer=https://ca.example/dir'],
    `${NAME}: "serer" is no key that can be accepted (did you mean server?)`,
  ],
  [[NAME, 'reuse-key=true'], `${NAME}: "reuse-key" is no key that can be accepted (did you mean reuse_key?)`],
  [[NAME, 'colour=red'], `${NAME}: "colour" is no key that can be accepted`],
  [[NAME, 'constructor=x'], `${NAME}: "constructor" is no key that can be accepted`],
  [[NAME, 'acount'], `${NAME}: expected KEY=VALUE, got "acount" (did you mean account?)`],
  [[NAME, '=x'], `${NAME}: expected KEY=VALUE, got "=x"`],
  [[NAME, 'server=ca.example'], `${NAME}: server: expected the URL of an ACME directory, got "ca.example"`],
  [[NAME, 'account=me'], `${NAME}: account: expected 32 hexadecimal characters, got "me"`],
  [[NAME, 'autorenew=yes'], `${NAME}: autorenew: expected true or false, got "yes"`],
  [[NAME, 'without='], `${NAME}: without: expected a name that the certificate is to lose, got ""`],
  [[NAME, 'authenticator=nginx'], `${NAME}: authenticator: expected manual, got "nginx"`],
  // The first that is wrong, whatever comes before it.
  [
    [NAME, 'reuse_key=true', 'must_stable=true'],
    `${NAME}: "must_stable" is no key that can be accepted (did you mean must_staple?)`,
  ],
  [[NAME], `${NAME}: expected KEY=VALUE, got nothing`],
  [[], 'expected a lineage, got nothing'],
  [['reuse_key=true'], 'expected a lineage, got "reuse_key=true"'],
] as const)('accept refuses %j', async ([given, problem]) => {
  await expect(runAccept(io, given)).rejects.toMatchObject({
    kind: 'usage',
    findings: [{ code: 'usage', problem: `accept: ${problem}` }],
    hint: expect.stringContaining('the keys are server, account, reuse_key'),
  });
});
