import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { pausing, waitingFor } from '../../../lib/base/waiting.ts';
import { createProgressLine } from '../../../lib/commands/progress.ts';

/** A line on a terminal of so many columns, and a clock that a test turns. */
function line({ columns }: { readonly columns: number | undefined }) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const written: string[] = [];
  const progress = createProgressLine({ write: (text) => void written.push(text), columns: () => columns });
  return { io: { progress }, progress, written, pass: (ms: number) => vi.advanceTimersByTime(ms) };
}

const ERASED = '\r\u001b[K';

describe('what is waited for', () => {
  test('is not told within the first second, nor when it is over', () => {
    const { progress, written, pass } = line({ columns: 80 });
    const over = progress.waitFor('web2 192.0.2.12');
    pass(900);
    over();
    pass(10_000);
    expect(written).toEqual([]);
  });

  test('is drawn in place with its time, and nothing is left of it', () => {
    const { progress, written, pass } = line({ columns: 80 });
    const over = progress.waitFor('web2 192.0.2.12');
    pass(4_000);
    expect(new Set(written)).toEqual(
      new Set([1, 2, 3, 4].map((seconds) => `${ERASED}waiting for web2 192.0.2.12 … ${seconds} s`)),
    );
    over();
    expect(written.at(-1)).toBe(ERASED);
  });

  test('is told rather than the command that waits for it, all that goes on at once', () => {
    const { progress, written, pass } = line({ columns: 80 });
    progress.waitFor('certbot-ha sync');
    pass(2_000);
    expect(written.at(-1)).toBe(`${ERASED}waiting for certbot-ha sync … 2 s`);
    const over = progress.waitFor('web2');
    progress.waitFor('web3');
    progress.waitFor('web3');
    pass(1_000);
    expect(written.at(-1)).toBe(`${ERASED}waiting for web2, web3 … 1 s`);
    over();
    over();
    pass(250);
    expect(written.at(-1)).toBe(`${ERASED}waiting for web3 … 1 s`);
  });

  test.for([
    [30, 'web1.example.com, web2.example.com', 'waiting for web1.exam… … 59 s'],
    [30, '節点一, 節点二, 節点三', 'waiting for 節点一, … … 59 s'],
    [undefined, 'w'.repeat(100), `waiting for ${'w'.repeat(59)}… … 59 s`],
    [0, 'w'.repeat(100), `waiting for ${'w'.repeat(59)}… … 59 s`],
  ] as const)('on %s columns, %s is cut, and its time is not', ([columns, what, expected]) => {
    const { progress, written, pass } = line({ columns });
    progress.waitFor(() => what);
    pass(59_000);
    expect(written.at(-1)).toBe(`${ERASED}${expected}`);
  });

  test('comes again behind what is written meanwhile, and not while another has the terminal', async () => {
    const { io, progress, written, pass } = line({ columns: 80 });
    await waitingFor('web2', io, async () => {
      pass(1_000);
      progress.erase();
      progress.erase();
      expect(written.slice(1)).toEqual([ERASED]);
      pass(250);
      expect(written).toHaveLength(3);
      await pausing(io, async () => pass(60_000));
      expect(written.slice(3)).toEqual([ERASED]);
      pass(1_000);
    });
    expect(written.slice(4)).toEqual([`${ERASED}waiting for web2 … 62 s`, ERASED]);
  });
});

test('what fails is over as well', async () => {
  const { io, written, pass } = line({ columns: 80 });
  await expect(waitingFor('web2', io, async () => await Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  pass(5_000);
  expect(written).toEqual([]);
});
