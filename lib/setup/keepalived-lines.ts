import { dirname, resolve } from 'node:path';
import { isUnreadable } from '../base/errors.ts';
import type { FindingOf } from '../findings/register.ts';
import { textOf } from '../system/read-file.ts';
import { glob } from './glob.ts';

// What keepalived does before it looks at keywords: keepalived.conf(5), "include", "Conditional configuration" and
// "Parameter substitution". `~SEQ` is not followed: what it makes is no address, and is passed over.

export interface KeepalivedLines {
  readonly lines: readonly string[];
  readonly unreadable: readonly FindingOf<'keepalived-unreadable'>[];
}

interface Reading {
  /** what stands behind `@` in a line that is for this host */
  readonly id: string;
  readonly parameters: Map<string, string>;
  readonly lines: string[];
  readonly unreadable: FindingOf<'keepalived-unreadable'>[];
  files: number;
}

// More than anybody has: whatever includes itself, or is made of itself, ends.
const MAX_FILES = 256;
const MAX_LINES = 50_000;
const MAX_DEPTH = 16;
const MAX_CHARS = 65_536;

/**
 * The lines of a configuration and of what it includes, without comments, as they are for this host. No line where no such file is.
 * @param id keepalived's configuration id: the host's name up to the first dot, by default
 */
export async function readKeepalivedLines(file: string, id: string): Promise<KeepalivedLines> {
  const reading: Reading = { id, parameters: new Map(), lines: [], unreadable: [], files: 0 };
  await readInto(reading, file, 0);
  return reading;
}

async function readInto(reading: Reading, file: string, depth: number): Promise<void> {
  reading.files += 1;
  if (depth > MAX_DEPTH || reading.files > MAX_FILES) return;
  const raw = (await textIn(reading, file)).split('\n').map(withoutComment);
  for (let at = 0; at < raw.length && reading.files <= MAX_FILES; at += 1) {
    let line = raw[at] ?? '';
    const [, included] = /^\s*include[rmwba]?\s+(\S.*)$/.exec(line) ?? [];
    if (included !== undefined) {
      const pattern = resolve(dirname(file), included.trim().replaceAll(/^["']|["']$/g, ''));
      for (const other of await glob(pattern)) await readInto(reading, other, depth + 1);
      continue;
    }
    // A definition may have several lines, each but the last with a backslash at its end.
    while (/\\\s*$/.test(line) && at + 1 < raw.length) {
      at += 1;
      line = `${line.replace(/\\\s*$/, '')}\n${raw[at]}`;
    }
    add(reading, line, 0);
  }
}

async function textIn({ unreadable }: Reading, file: string): Promise<string> {
  try {
    return (await textOf(file)) ?? '';
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    // A wildcard names directories too.
    if (error.code !== 'EISDIR') {
      unreadable.push({ code: 'keepalived-unreadable', file, error: error.code });
    }
    return '';
  }
}

/** Takes a line, which may be for another host, define a parameter, or have some in it. */
function add(reading: Reading, line: string, depth: number): void {
  if (depth > MAX_DEPTH || line.length > MAX_CHARS || reading.lines.length >= MAX_LINES) return;
  const [, not, id, rest = ''] = /^\s*@(\^?)(\S*)\s*([^]*)$/.exec(line) ?? [];
  if (id !== undefined) {
    if ((id === reading.id) !== (not === '^')) add(reading, rest, depth + 1);
    return;
  }
  const [, name, value] = /^\s*\$([A-Za-z_]\w*)=([^]*)$/.exec(line) ?? [];
  if (name !== undefined && value !== undefined) {
    reading.parameters.set(name, value);
    return;
  }
  const filled = line.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=\s|$))/g,
    (found, braced: string | undefined, bare: string | undefined) =>
      reading.parameters.get(braced ?? bare ?? '') ?? found,
  );
  if (filled === line && !line.includes('\n')) reading.lines.push(line);
  else for (const part of filled.split('\n')) add(reading, part, depth + 1);
}

/** `#` and `!` begin one anywhere, but in quotes. */
function withoutComment(line: string): string {
  return /^(?:\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^])*?(?=[#!]|$)/.exec(line)?.[0] ?? line;
}
