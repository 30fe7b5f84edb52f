import { readdir, readFile } from 'node:fs/promises';

const ROUNDS = 5;

/** Arguments and environment of every process that can be seen, apart from this one, during a moment from now. */
export async function processesShow(): Promise<readonly string[]> {
  const shown: string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = (await readdir('/proc')).filter(
      (entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid,
    );
    for (const file of pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])) {
      shown.push(await readFile(file, 'utf8').catch(() => '')); // ended meanwhile, or another user's
    }
  }
  return shown.filter((text) => text !== '');
}
