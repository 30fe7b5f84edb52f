import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { findProcess, readProc, readStat, type ProcessId } from '../system/processes.ts';

const MAX_DEPTH = 32;
const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set(['-W', '-X', '--check-hash-based-pycs']);

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
 * or `python3 -m certbot …`. A process writes its own title, so the name counts only where its file has it as well.
 */
export function isCertbot(pid: number): boolean {
  const [program = '', ...args] = (readProc(pid, 'cmdline') ?? '').split('\0');
  const named = basename(program);
  if (named === 'certbot') return /^(?:certbot|python[\d.]*)$/.test(basename(exeOf(pid) ?? named));
  if (!/^python[\d.]*$/.test(named)) return false;
  return basename(programOf(args)) === 'certbot';
}

/** The file that a process runs; null where that may not be seen. */
function exeOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
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
