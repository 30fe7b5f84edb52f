import { isUnreadable } from '../base/errors.ts';
import type { FindingOf } from '../findings/register.ts';
import { wordsOf } from '../findings/words.ts';
import { LIMITS } from '../system/limits.ts';
import { runCommand } from '../system/run-command.ts';
import { MAX_DUMP_CHARS } from '../webserver/kinds.ts';
import { isNotRead, NOT_ASKED, type Reader } from './reader.ts';

export interface ReadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly reader: Reader;
  /** how much of a configuration is read; default 16 Mi characters */
  readonly maxChars?: number;
}

const MAX_FILES = 4_096;

interface Said {
  readonly source: string;
  /** why it is not all that there is; null: it is */
  readonly end: string | null;
  readonly isCut: boolean;
  readonly stdout: string;
}

/** What a web server prints of its configuration. */
export async function said(argv: readonly string[], options: ReadOptions): Promise<Said> {
  const { env, signal, maxChars = MAX_DUMP_CHARS } = options;
  const { code, trouble, stdout } = await runCommand(argv, {
    timeoutMs: LIMITS.testMs,
    maxChars,
    signal,
    env,
  });
  const isCut = stdout.length >= maxChars;
  const failed = trouble ? wordsOf(trouble) : `exit ${code}`;
  return { source: argv.join(' '), end: code !== 0 ? failed : isCut ? 'too long' : null, isCut, stdout };
}

interface Texts {
  readonly texts: readonly string[];
  readonly problems: readonly FindingOf<'webroot-not-known'>[];
}

/** As many files as may be read, one after the other. */
export async function textsOf(
  files: readonly string[],
  { signal, reader, maxChars = MAX_DUMP_CHARS }: ReadOptions,
): Promise<Texts> {
  const texts: string[] = [];
  const problems: FindingOf<'webroot-not-known'>[] = [];
  let left = maxChars;
  for (const file of files.slice(0, MAX_FILES)) {
    if (signal.aborted || left <= 0) break;
    try {
      const text = (await reader.text(file)) ?? '';
      if (isNotRead(text)) {
        problems.push({ code: 'webroot-not-known', source: file, end: text.words });
        if (text === NOT_ASKED) break;
        continue;
      }
      left -= text.length;
      texts.push(text);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      problems.push({ code: 'webroot-not-known', source: file, end: `cannot be read (${error.code})` });
    }
  }
  if (left <= 0 || files.length > MAX_FILES) {
    problems.push({
      code: 'webroot-not-known',
      source: files[0] ?? '',
      end: 'too long, with what it includes',
    });
  }
  return { texts, problems };
}
