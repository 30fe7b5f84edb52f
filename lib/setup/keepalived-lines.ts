import { dirname, resolve } from 'node:path';
import { hasErrorCode, isUnreadable } from '../base/errors.ts';
import type { FindingOf } from '../findings/register.ts';
import { orNone } from '../system/read-file.ts';
import { glob } from './glob.ts';
import { isNotRead, NOT_ASKED, type Reader } from './reader.ts';

// What keepalived does before it looks at keywords: keepalived.conf(5), "include", "Conditional configuration" and
// "Parameter substitution". `~SEQ` is not followed: what it makes is no address, and is passed over.

export interface KeepalivedLines {
  readonly lines: readonly string[];
  readonly unreadable: readonly FindingOf<'keepalived-unreadable'>[];
}

interface KeepalivedOptions {
  /** keepalived's configuration id: the host's name up to the first dot, by default */
  readonly id: string;
  readonly reader: Reader;
}

interface Reading extends KeepalivedOptions {
  readonly parameters: Map<string, string>;
  readonly lines: string[];
  readonly unreadable: FindingOf<'keepalived-unreadable'>[];
  files: number;
  /** what may be read and filled in still: a line, and each of its characters, takes some of it */
  budget: number;
}

interface Place {
  /** whose directory is where an include starts */
  readonly file: string;
  /** files that include it */
  readonly depth: number;
}

// More than anybody has: whatever includes itself, or is made of itself, ends.
const MAX_FILES = 256;
const MAX_LINES = 50_000;
const MAX_DEPTH = 16;
const MAX_CHARS = 65_536;
const MAX_BUDGET = 2_097_152;
const PER_LINE = 64;

/** The lines of a configuration and of what it includes, without comments, as they are for this host. No line where no such file is. */
export async function readKeepalivedLines(
  file: string,
  options: KeepalivedOptions,
): Promise<KeepalivedLines> {
  const empty = { parameters: new Map<string, string>(), lines: [], unreadable: [] };
  const reading: Reading = { ...options, ...empty, files: 0, budget: MAX_BUDGET };
  await readInto(reading, { file, depth: 0 });
  return reading;
}

const GOES_ON = /\\\s*$/;

async function readInto(reading: Reading, place: Place): Promise<void> {
  reading.files += 1;
  if (place.depth > MAX_DEPTH || reading.files > MAX_FILES) return;
  const raw = (await textIn(reading, place.file)).split('\n').map(withoutComment);
  for (let at = 0; at < raw.length && reading.files <= MAX_FILES; at += 1) {
    const parts = [raw[at] ?? ''];
    // A definition may have several lines, each but the last with a backslash at its end.
    while (GOES_ON.test(parts.at(-1) ?? '') && at + 1 < raw.length) {
      at += 1;
      parts.push(raw[at] ?? '');
    }
    const line = parts.map((part, index) => (index < parts.length - 1 ? part.replace(GOES_ON, '') : part));
    await add(reading, line.join('\n'), place, 0);
  }
}

async function textIn(reading: Reading, file: string): Promise<string> {
  const { unreadable, reader } = reading;
  try {
    const text = await reader.text(file);
    if (!isNotRead(text)) return text ?? '';
    passOver(reading, file, text.words);
    return '';
  } catch (error) {
    if (!isUnreadable(error) && !hasErrorCode(error, 'ENAMETOOLONG')) throw error;
    // A wildcard names directories too.
    if (error.code !== 'EISDIR') {
      unreadable.push({ code: 'keepalived-unreadable', file, error: error.code });
    }
    return '';
  }
}

function passOver({ unreadable }: Reading, file: string, error: string): void {
  const isTold = error === NOT_ASKED.words && unreadable.some((one) => one.error === error);
  if (!isTold) unreadable.push({ code: 'keepalived-unreadable', file, error });
}

/** Takes a line, which may be for another host, define a parameter, have some in it, or include files. */
async function add(reading: Reading, line: string, place: Place, depth: number): Promise<void> {
  reading.budget -= line.length + PER_LINE;
  if (depth > MAX_DEPTH || line.length > MAX_CHARS || reading.budget < 0) return;
  if (reading.lines.length >= MAX_LINES) return;
  const [, not, id, rest = ''] = /^\s*@(\^?)(\S*)\s*([^]*)$/.exec(line) ?? [];
  if (id !== undefined) {
    if ((id === reading.id) !== (not === '^')) await add(reading, rest, place, depth + 1);
    return;
  }
  const [, name, value] = /^\s*\$([A-Za-z_]\w*)=([^]*)$/.exec(line) ?? [];
  if (name !== undefined && value !== undefined) {
    reading.parameters.set(name, value);
    return;
  }
  const filled = filledIn(reading, line);
  if (filled !== line || line.includes('\n')) {
    for (const part of filled.split('\n')) await add(reading, part, place, depth + 1);
    return;
  }
  const [, included] = /^\s*include[rmwba]?\s+(\S.*)$/.exec(line) ?? [];
  if (included === undefined) reading.lines.push(line);
  else await include(reading, included.trim().replaceAll(/^["']|["']$/g, ''), place);
}

async function include(reading: Reading, pattern: string, { file, depth }: Place): Promise<void> {
  const list = async (directory: string) => {
    const names = await orNone(reading.reader.names(directory), []);
    if (!isNotRead(names)) return names;
    passOver(reading, directory, names.words);
    return [];
  };
  for (const other of await glob(resolve(dirname(file), pattern), list)) {
    await readInto(reading, { file: other, depth: depth + 1 });
  }
}

/** With the values of its parameters, as far as a line may become that long. */
function filledIn({ parameters }: Reading, line: string): string {
  let left = MAX_CHARS;
  return line.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=\s|$))/g,
    (found, braced: string | undefined, bare: string | undefined) => {
      const value = parameters.get(braced ?? bare ?? '') ?? found;
      left -= value.length;
      return left < 0 ? '' : value;
    },
  );
}

/** `#` and `!` begin one anywhere, but in quotes. */
function withoutComment(line: string): string {
  return /^(?:\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^])*?(?=[#!]|$)/.exec(line)?.[0] ?? line;
}
