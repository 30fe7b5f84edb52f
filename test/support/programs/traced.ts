import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ended } from './program.ts';

/** What strace has seen of a program and of those that it started. */
export interface Traced {
  /** each call whole, as strace writes it: `read(0, "x", 1) = 1` */
  readonly calls: readonly string[];
  /** what was opened, once for each time; what was not there is left out */
  readonly opened: readonly string[];
  readonly ended: Ended;
}

/**
 * Runs a program under strace, which slows it down. Where there is no strace, that ends with an error.
 * @param runIt is given what to put before the program
 * @param which as strace has it: `trace=connect,close`
 */
export async function traced(
  runIt: (strace: readonly string[]) => Promise<Ended>,
  which = 'trace=all',
): Promise<Traced> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-strace-'));
  try {
    const file = join(directory, 'trace');
    const ended = await runIt(['strace', '-f', '-qq', '-o', file, '-e', which]);
    const calls = callsIn(await readFile(file, 'utf8'));
    return { calls, opened: calls.flatMap((call) => openedBy(call) ?? []), ended };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What another thread has interrupted is put together. */
function callsIn(trace: string): readonly string[] {
  const begun = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, start] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? [];
    if (start !== undefined) {
      begun.set(thread, start);
      return [];
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    const call = rest === undefined ? text : `${begun.get(thread) ?? ''}${rest}`;
    return /^\w+\(/.test(call) ? [call] : [];
  });
}

function openedBy(call: string): string | null {
  const [, file, result] = /^open(?:at)?\((?:AT_FDCWD, )?"([^"]*)".* = (-?\d+)/.exec(call) ?? [];
  return file === undefined || Number(result) < 0 ? null : file;
}
