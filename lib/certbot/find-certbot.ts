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
  const module = args.indexOf('-m');
  const script = args.find((arg) => !arg.startsWith('-'));
  return basename(script ?? '') === 'certbot' && (module === -1 || module < args.indexOf('certbot'));
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
