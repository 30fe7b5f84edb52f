import { expect, test } from 'vitest';
import { orEndCertbot } from '../../../lib/batch/or-end-certbot.ts';
import type { HookIo } from '../../../lib/base/io.ts';

/** A hook that nobody has started who could be ended. */
function hookWith(remaining: string, signal: AbortSignal) {
  const said: string[] = [];
  const io: HookIo = {
    ...{ env: { CERTBOT_REMAINING_CHALLENGES: remaining }, pid: process.pid },
    ...{ out: () => undefined, err: (line) => void said.push(line), interruption: () => signal },
  };
  return { io, said };
}

const over = AbortSignal.abort();
const on = new AbortController().signal;

test.for([
  ['an earlier hook that has recorded and was told to end', '1', over, 0, 1],
  ['an earlier hook that was told to end and has failed', '1', over, 2, 2],
  ['any hook that fails', '1', on, 1, 1],
  ['the last hook that fails', '0', on, 1, 1],
] as const)('%s ends certbot', async ([, remaining, signal, ended, code]) => {
  const { io, said } = hookWith(remaining, signal);
  expect(await orEndCertbot(io, async () => ended)).toBe(code);
  expect(said.join('\n')).toContain('[no-certbot-to-end]');
});

test.for([
  ['an earlier hook that has recorded', '1', on],
  ['the last hook whose gate held', '0', on],
  // It has told the signal itself, and what it says of it counts.
  ['the last hook that has ended well in spite of a signal', '0', over],
] as const)('%s does not', async ([, remaining, signal]) => {
  const { io, said } = hookWith(remaining, signal);
  expect(await orEndCertbot(io, async () => 0)).toBe(0);
  expect(said).toEqual([]);
});

test('a hook that throws ends certbot, and says why', async () => {
  const { io, said } = hookWith('0', on);
  const code = await orEndCertbot(
    io,
    async () => await Promise.reject(Object.assign(new Error('EIO: i/o error'), { errno: -5, code: 'EIO' })),
  );
  expect(code).toBe(1);
  expect(said.join('\n')).toMatch(/EIO: i\/o error[^]*\[no-certbot-to-end\]/);
});
