import { cpus, totalmem } from 'node:os';
import { openLab } from '../test/lab/lab.ts';
import { measureAgent } from './agent.ts';
import { measureCertbot } from './certbot.ts';
import { measureDelivery } from './delivery.ts';
import { measureHooks } from './hooks.ts';
import { row, table, type Figure } from './figure.ts';

// Ratios within one run: machines differ, and so does one machine from day to day.

const figures: Figure[] = [];
const lab = await openLab();
try {
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ` +
      `Node.js ${process.version}, ${lab.kind} lab, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  figures.push(...(await measureHooks(lab)));
  figures.push(...(await measureCertbot(lab)));
  figures.push(...(await measureDelivery(lab)));
} finally {
  await lab.close();
}
figures.push(...(await measureAgent()));
for (const line of table(figures.map(row))) console.log(line);

const missed = figures.filter(({ value, atMost }) => atMost !== undefined && value > atMost);
for (const { what, value, atMost } of missed)
  console.log(`over its limit: ${what}: ${value.toFixed(2)} > ${atMost}`);
