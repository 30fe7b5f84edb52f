import { expect, test } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { quieted } from '../../../lib/commands/command.ts';

test('a command that is to be quiet says what is wrong, and draws nothing', () => {
  const said: string[] = [];
  const io: CommandIo = {
    ...{ env: {}, pid: 1, isTerminal: true },
    out: (line) => void said.push(`out ${line}`),
    err: (line) => void said.push(`err ${line}`),
    interruption: () => new AbortController().signal,
  };
  const quiet = quieted(io, true);
  quiet.out('web2: delivered');
  quiet.err('web3: no answer');
  expect({ said, isTerminal: quiet.isTerminal }).toEqual({
    said: ['err web3: no answer'],
    isTerminal: false,
  });
  for (const asIs of [false, undefined]) expect(quieted(io, asIs)).toBe(io);
});
