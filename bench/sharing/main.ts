import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { obstacleToBooting } from '../../test/lab/bootable.ts';
import { SHARING_SYSTEMS } from '../../test/lab/sharing/systems.ts';
import { machine } from '../machine.ts';
import { DEADLINE_MS } from './failures.ts';
import { measureSystem, type Measured } from './measure.ts';
import { readOptions, SHARING_USAGE } from './options.ts';
import { tablesOf, withTables } from './table.ts';

/** Starts each system for real, one after another, and prints what it does. */
export async function measureSharing(argv: readonly string[]): Promise<void> {
  const known = SHARING_SYSTEMS.map(({ name }) => name).join(', ');
  if (argv.includes('--help')) return console.log(`${SHARING_USAGE}\n\nsystems: ${known}`);
  const options = readOptions(argv);
  const unknown = options.systems.filter((word) => SHARING_SYSTEMS.every(({ name }) => name !== word));
  if (unknown.length > 0) throw new Error(`no such system: ${unknown.join(', ')}; there are ${known}`);
  const obstacle = await obstacleToBooting();
  if (obstacle !== null) throw new Error(`the systems need hosts, which cannot be booted: ${obstacle}`);
  const measured: Measured[] = [];
  const startedMs = performance.now();
  for (const system of SHARING_SYSTEMS) {
    if (options.systems.length > 0 && !options.systems.includes(system.name)) continue;
    const beganMs = performance.now();
    const one = await measureSystem(system, options);
    measured.push(one);
    // After each, so that a run that is broken off has left what it has measured.
    if (options.json !== undefined)
      await writeFile(
        options.json,
        `${JSON.stringify({ machine: machine(), options, measured }, null, 2)}\n`,
      );
    console.error(
      `${system.title}: ${one.absent?.slice(-1_000) ?? 'measured'}, ${seconds(beganMs)} s, load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
  console.log(
    `${machine()}, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}, ${seconds(startedMs)} s\n`,
  );
  const tables = tablesOf(measured, DEADLINE_MS);
  console.log(
    Object.values(tables)
      .filter((text) => text !== '')
      .join('\n\n'),
  );
  if (options.docs !== undefined)
    await writeFile(options.docs, withTables(await readFile(options.docs, 'utf8'), tables));
}

const seconds = (sinceMs: number) => Math.round((performance.now() - sinceMs) / 1_000);
