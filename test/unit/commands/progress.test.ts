import { EventEmitter } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { pausing, waitingFor } from '../../../lib/base/waiting.ts';
import { createProgressLine } from '../../../lib/commands/progress.ts';
import { beforeSignals } from '../../../lib/system/before-signals.ts';

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

describe('a signal', () => {
  /** A line that is drawn, in a process of its own. */
  function drawn() {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const did: string[] = [];
    const heard = Object.assign(new EventEmitter(), {
      pid: 7,
      kill: (pid: number, signal: string | number = 0) => did.push(`${signal} to ${pid}`) > 0,
    });
    const progress = createProgressLine({
      write: (text) => void did.push(text === ERASED ? 'erased' : 'drawn'),
      columns: () => 80,
      beforeSignals: (act) => beforeSignals(act, heard as never),
    });
    const over = progress.waitFor('web2');
    vi.advanceTimersByTime(1_000);
    return { did, heard, progress, over };
  }
  const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

  test.for(SIGNALS)('%s ends the program when the line is away', (signal) => {
    const { did, heard } = drawn();
    heard.emit(signal, signal);
    expect(did).toEqual(['drawn', 'erased', `${signal} to 7`]);
    for (const one of SIGNALS) expect(heard.listenerCount(one)).toBe(0);
  });

  test.for(SIGNALS)('%s is another’s where it hears it', (signal) => {
    const { did, heard } = drawn();
    // As libraries do that end the process where nobody else would hear it.
    heard.on(signal, () => did.push(`heard by ${heard.listenerCount(signal)}`));
    heard.emit(signal, signal);
    expect(did).toEqual(['drawn', 'erased', 'heard by 1']);
    vi.advanceTimersByTime(250);
    expect(did.at(-1)).toBe('drawn');
    expect(heard.listenerCount(signal)).toBe(2);
  });

  test('erases nothing where nothing is drawn any more, and is not lost', () => {
    const { did, heard, over } = drawn();
    over();
    heard.emit('SIGINT', 'SIGINT');
    expect(did).toEqual(['drawn', 'erased', 'SIGINT to 7']);
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
