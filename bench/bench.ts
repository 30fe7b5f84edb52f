import type { Lab } from '../test/lab/contract.ts';
import { openLab } from '../test/lab/lab.ts';
import { measureAgent } from './agent.ts';
import { measureCertbot } from './certbot.ts';
import { measureDelivery } from './delivery.ts';
import { measureHooks } from './hooks.ts';
import { row, table, type Figure } from './figure.ts';
import { machine } from './machine.ts';
import { measureSharing } from './sharing/main.ts';
import { measureStartup } from './startup.ts';
import { measureWatch } from './watch.ts';

// Ratios within one run: machines differ, and so does one machine from day to day.

const IN_THE_LAB: Readonly<Record<string, (lab: Lab) => Promise<readonly Figure[]>>> = {
  hooks: measureHooks,
  certbot: measureCertbot,
  delivery: measureDelivery,
  watch: measureWatch,
};
const ALONE: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  agent: measureAgent,
  startup: measureStartup,
};

const [first, ...rest] = process.argv.slice(2);
// Takes a quarter of an hour and packages of its own, so only by name.
if (first === 'sharing') await measureSharing(rest);
else await measureFigures(process.argv.slice(2));

async function measureFigures(wanted: readonly string[]): Promise<void> {
  const known = Object.keys({ ...IN_THE_LAB, ...ALONE });
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `no such part of the bench: ${unknown.join(', ')}; there are ${known.join(', ')}, sharing`,
    );
  }
  const isWanted = ([name]: readonly [string, unknown]) => wanted.length === 0 || wanted.includes(name);

  const figures: Figure[] = [];
  const inTheLab = Object.entries(IN_THE_LAB).filter(isWanted);
  if (inTheLab.length > 0) {
    const lab = await openLab();
    try {
      console.log(
        `${machine()}, Node.js ${process.version}, ${lab.kind} lab, ${new Date().toISOString().slice(0, 10)}\n`,
      );
      for (const [, measure] of inTheLab) figures.push(...(await measure(lab)));
    } finally {
      await lab.close();
    }
  }
  for (const [, measure] of Object.entries(ALONE).filter(isWanted)) figures.push(...(await measure()));
  for (const line of table(figures.map(row))) console.log(line);

  const missed = figures.filter(({ value, atMost }) => atMost !== undefined && value > atMost);
  for (const { what, value, atMost } of missed)
    console.log(`over its limit: ${what}: ${value.toFixed(2)} > ${atMost}`);
}
