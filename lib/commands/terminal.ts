import { createInterface } from 'node:readline/promises';
import { addAbortSignal } from 'node:stream';
import { CertbotHaError } from '../base/errors.ts';
import type { Ask } from '../setup/settings.ts';
import { deadline } from '../system/deadline.ts';
import { isTerminal } from './is-terminal.ts';

const [STDIN, STDOUT] = [0, 1];

export const isStdinTerminal = () => isTerminal(STDIN);
export const isStdoutTerminal = () => isTerminal(STDOUT);

/** Questions to whoever sits at the terminal. */
export interface Prompt {
  /** @throws {CertbotHaError} `failed` after Ctrl-C or Ctrl-D, or the interruption */
  readonly ask: Ask;
  readonly close: () => void;
}

export function openPrompt(interruption: AbortSignal): Prompt {
  const { stdin: input, stdout: output } = process;
  const lines = createInterface({ input, output });
  // Answers that are pasted all at once come before their questions, and are kept.
  const answers = lines[Symbol.asyncIterator]();
  const close = () => lines.close();
  // Its terminal keeps Ctrl-C from the process, which may have more to end than a question.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  interruption.addEventListener('abort', close, { once: true });
  return {
    ask: async (question, found) => {
      output.write(`${question}\n`);
      lines.setPrompt(found === null ? '> ' : `[${found}] > `);
      if (!interruption.aborted) lines.prompt();
      const { value, done } = await answers.next();
      if (done !== true) return value;
      output.write('\n');
      throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
    },
    close: () => {
      close();
      // It is read still where a byte was on its way just now, and would keep the process from ending.
      input.unref();
    },
  };
}

/**
 * All that comes on stdin.
 * @returns the text; or how much, or how little, has come instead
 */
export async function readStdin(limits: {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}): Promise<{ readonly text: string } | 'too much' | 'too late'> {
  const { maxBytes, timeoutMs } = limits;
  const limit = deadline(timeoutMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(limit, process.stdin)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) return 'too much';
    }
  } catch (error) {
    if (limit.aborted) return 'too late';
    throw error;
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}
