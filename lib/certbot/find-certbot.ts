import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { hasErrorCode } from '../errors.ts';

/** A process, told from a later one with the same number by the time it started. */
export interface ProcessId {
  readonly pid: number;
  /** clock ticks since boot (proc(5), /proc/PID/stat, field 22) */
  readonly startTime: string;
}

const MAX_DEPTH = 32;
const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set(['-W', '-X', '--check-hash-based-pycs']);

/** The process with this number, or null when there is none. */
export function findProcess(pid: number): ProcessId | null {
  const stat = readStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

export function isRunning(process: ProcessId): boolean {
  return readStat(process.pid)?.startTime === process.startTime;
}

/** The nearest ancestor of the process that is a certbot, or null when there is none. */
export function findCertbot(pid: number): ProcessId | null {
  let current = pid;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const parent = readStat(current)?.parent;
    if (parent === undefined || parent <= 1) return null;
    if (isCertbot(parent)) return findProcess(parent);
    current = parent;
  }
  return null;
}

/**
 * certbot is a Python script: `certbot …`, `python3 [options] /usr/bin/certbot …` (the shebang, snap)
 * or `python3 -m certbot …`.
 */
function isCertbot(pid: number): boolean {
  const [program = '', ...args] = (readProc(pid, 'cmdline') ?? '').split('\0');
  if (basename(program) === 'certbot') return true;
  if (!/^python[\d.]*$/.test(basename(program))) return false;
  return basename(programOf(args)) === 'certbot';
}

/** The script or module that Python runs (python3 -h), or nothing where it runs neither. */
function programOf(args: readonly string[]): string {
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '-m') return args[index + 1] ?? '';
    if (arg === '-c') return '';
    if (OPTIONS_WITH_VALUE.has(arg)) index += 1;
    else if (!arg.startsWith('-')) return arg;
  }
  return '';
}

function readStat(pid: number): { readonly parent: number; readonly startTime: string } | null {
  const text = readProc(pid, 'stat');
  if (text === null) return null;
  // The command stands in parentheses and may hold any character, so the fields are counted behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[19];
  // A zombie has ended; only its parent has not looked yet.
  if (parent === undefined || startTime === undefined || state === 'Z') return null;
  return { parent: Number(parent), startTime };
}

function readProc(pid: number, file: 'stat' | 'cmdline'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}
