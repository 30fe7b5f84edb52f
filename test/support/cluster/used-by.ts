import { readdir, readFile } from 'node:fs/promises';

/** Memory of a process's own, without what it shares with other programs: the program's file. And its open files. */
export async function usedBy(pid: number): Promise<{ readonly megabytes: number; readonly files: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]);
  return { megabytes: Math.round(kilobytes / 1000), files: (await readdir(`/proc/${pid}/fd`)).length };
}
