import { appendFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../lib/base/errors.ts';
import type { Lab } from '../test/lab/contract.ts';
import { openLab } from '../test/lab/lab.ts';
import { measureAgent } from './agent.ts';
import { asInstalled } from './as-installed.ts';
import { measureCertbot } from './certbot.ts';
import { measureDelivery } from './delivery.ts';
import { measureFifty } from './fifty/fifty.ts';
import { measureHooks } from './hooks.ts';
import type { Figure } from './figure.ts';
import { picture } from './picture.ts';
import { readBenchOptions, USAGE, type BenchOptions } from './options.ts';
import { report } from './report.ts';
import { readRun, runOf, writeRun, type Run } from './run.ts';
import { measureSilent } from './silent.ts';
import { measureSharing } from './sharing/main.ts';
import { measureStartup } from './startup.ts';
import { measureWatch } from './watch.ts';

// Ratios within one run: machines differ, and so does one machine from day to day.

const IN_THE_LAB: Readonly<Record<string, (lab: Lab) => Promise<readonly Figure[]>>> = {
  hooks: measureHooks,
  certbot: measureCertbot,
  delivery: measureDelivery,
  watch: measureWatch,
  silent: measureSilent,
};
const ALONE: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  agent: measureAgent,
  startup: measureStartup,
  fifty: measureFifty,
};
const PICTURE = fileURLToPath(new URL('growth.svg', import.meta.url));
const PARTS = Object.keys({ ...IN_THE_LAB, ...ALONE });

const [first, ...rest] = process.argv.slice(2);
// Takes an hour or more and packages of its own, so only by name.
if (first === 'sharing') await saying(async () => await measureSharing(rest));
else if (first === 'picture') await saying(async () => await draw(rest));
else await saying(async () => await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<void> {
  const options = readBenchOptions(argv, PARTS);
  if (options.isHelp) return console.log(`${USAGE}\n\nparts: ${PARTS.join(', ')}, sharing`);
  // Before anything is measured, which takes an hour: one may be no run, and the other no place to write.
  const earlier = options.compare === undefined ? null : await readRun(options.compare);
  if (options.json !== undefined) await appendFile(options.json, '');
  const run = await asInstalled(async () => await measured(options));
  if (report(run, earlier, console.log) !== 0) process.exitCode = 1;
  if (options.json !== undefined) await writeRun(options.json, run);
}

/** Has the picture of `bench/README.md` drawn from runs that are written: of two lines of one name the later run's. */
async function draw(files: readonly string[]): Promise<void> {
  if (files.length === 0) throw new Error('picture: no file that --json has written is named');
  const runs = await Promise.all(files.map(readRun));
  const curves = new Map(
    runs
      .flatMap(({ figures }) => figures.flatMap(({ curve }) => curve ?? []))
      .map((curve) => [curve.name, curve]),
  );
  const last = runs.at(-1);
  if (curves.size === 0 || last === undefined)
    throw new Error('picture: none of these runs has measured fifty or certbot');
  await writeFile(
    PICTURE,
    picture([...curves.values()], `${last.date}, ${last.machine}, Node.js ${last.node}`),
  );
}

async function saying(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`bench: ${messageOf(error)}`);
    process.exitCode = 2;
  }
}

async function measured({ parts }: BenchOptions): Promise<Run> {
  const isWanted = ([name]: readonly [string, unknown]) => parts.length === 0 || parts.includes(name);
  const figures: Figure[] = [];
  const add = async (name: string, measure: () => Promise<readonly Figure[]>) => {
    console.error(`bench: ${name}`);
    try {
      figures.push(...(await measure()));
    } catch (error) {
      // The others are worth having.
      console.error(`bench: ${name}: ${error instanceof Error ? error.stack : String(error)}`);
      process.exitCode = 1;
    }
  };
  const inTheLab = Object.entries(IN_THE_LAB).filter(isWanted);
  let kind = 'no';
  if (inTheLab.length > 0) {
    const lab = await openLab();
    kind = lab.kind;
    try {
      for (const [name, measure] of inTheLab) await add(name, async () => await measure(lab));
    } finally {
      await lab.close();
    }
  }
  for (const [name, measure] of Object.entries(ALONE).filter(isWanted)) await add(name, measure);
  return runOf(figures, kind);
}
