import { expect, test } from 'vitest';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runCheck } from '../../../lib/commands/run-check.ts';
import { tellUnknown } from '../../../lib/commands/tell-unknown.ts';

/** Refused before the configuration is read. */
const io: CommandIo = {
  ...{ env: { CERTBOT_HA_CONFIG: '/nowhere/config.yaml' }, pid: process.pid, isTerminal: false },
  ...{ out: () => undefined, err: () => undefined, interruption: () => new AbortController().signal },
};

test.for([
  [{ warning: 'x' }, '--warning: expected days such as 14, or a part of the lifetime such as 25%, got "x"'],
  [
    { critical: '101%' },
    '--critical: expected days such as 14, or a part of the lifetime such as 25%, got "101%"',
  ],
  [{ warning: '-1' }, '--warning: expected days such as 14, or a part of the lifetime such as 25%, got "-1"'],
  [{ warning: '7', critical: '14' }, '--critical: expected less than --warning, got "14" and "7"'],
  [{ timeout: '0' }, '--timeout: expected a number of seconds from 1 to 600, got "0"'],
  [{ timeout: '1e3' }, '--timeout: expected a number of seconds from 1 to 600, got "1e3"'],
] as const)('check refuses %j', async ([options, problem]) => {
  await expect(runCheck(io, options)).rejects.toMatchObject({
    kind: 'usage',
    findings: [{ code: 'usage', problem }],
  });
});

test.for([{ warning: '7', critical: '50%' }, { warning: '12.5%' }, { critical: '0' }])(
  'check takes %j',
  async (options) => {
    await expect(runCheck(io, options)).rejects.toMatchObject({
      findings: [{ code: 'configuration-missing' }],
    });
  },
);

test('what keeps a plugin from an answer is UNKNOWN, in one line and more below', () => {
  const lines: string[] = [];
  const said = ['a|b', 'c'];
  const found = [
    { code: 'web-server-test-failed', command: 'nginx | x', end: 'exit 1', said },
    { code: 'no-name-given' },
  ] as const;
  expect(
    tellUnknown(new CertbotHaError('config', found, { hint: 'do that' }), (line) => lines.push(line)),
  ).toBe(3);
  expect(lines).toEqual([
    'UNKNOWN - nginx / x: exit 1 [web-server-test-failed]',
    ...['  a/b', '  c', '  certonly: no name given [no-name-given]', '  do that'],
  ]);
});

test('a bug is UNKNOWN too, with its stack below', () => {
  const lines: string[] = [];
  expect(tellUnknown(new TypeError('x is odd'), (line) => lines.push(line))).toBe(3);
  expect(lines[0]).toBe('UNKNOWN - this is a bug in certbot-ha: x is odd [system-error]');
  expect(lines[1]).toMatch(/^ {2}at /);
});
