import { readdirSync, readFileSync } from 'node:fs';
import { pause } from '../../lib/system/pause.ts';

/** A time to sleep that no other process has. */
export function ownSleep(): string {
  return `6${Math.random().toString().slice(2, 11)}`;
}

/** How many processes there are that have this argument. */
export function countOf(argument: string): number {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument);
    } catch {
      return false; // gone meanwhile
    }
  }).length;
}

/** How many there are when they are as many, or some seconds later. */
export async function countOnce(argument: string, expected: number): Promise<number> {
  for (let tries = 0; tries < 300 && countOf(argument) !== expected; tries += 1) await pause(10);
  return countOf(argument);
}
