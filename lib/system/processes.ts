import { readFileSync, readlinkSync } from 'node:fs';
import { hasErrorCode } from '../base/errors.ts';

/** A process, told from a later one with the same number by the time it started. */
export interface ProcessId {
  readonly pid: number;
  /** clock ticks since boot (proc(5), /proc/PID/stat, field 22) */
  readonly startTime: string;
}

/** The process with this number, or null when there is none. */
export function findProcess(pid: number): ProcessId | null {
  const stat = readStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

export function isRunning(process: ProcessId): boolean {
  return readStat(process.pid)?.startTime === process.startTime;
}

/** What the kernel tells of a process; null where there is none, or one that has ended and not been waited for. */
export function readStat(pid: number): { readonly parent: number; readonly startTime: string } | null {
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

/** Whether one with this number runs that `/proc` does not show: a sandbox may hide it (ProtectProc=), but not from a signal. */
export function isHidden(pid: number): boolean {
  return readProc(pid, 'stat') === null && isThere(pid);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasErrorCode(error, 'ESRCH');
  }
}

/** The namespace that this process's number is of; null where a sandbox hides it. */
export function pidNamespace(): string | null {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? null;
  } catch {
    return null;
  }
}

/** null where the process has ended. */
export function readProc(pid: number, file: 'stat' | 'cmdline'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}
