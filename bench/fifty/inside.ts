import { mkdir } from 'node:fs/promises';
import { openFleet } from './fleet.ts';
import { measureRows } from './rows.ts';
import { measureStarts } from './starts.ts';

// Runs in namespaces of its own, which end with it (fifty.ts): prints the figures as JSON.

const DIRECTORY = '/run/fifty';
const [sizes = '', lineages = '', standalone = ''] = process.argv.slice(2);
await mkdir(DIRECTORY, { recursive: true });
const counts = sizes.split(',').map(Number);
const fleet = await openFleet(DIRECTORY, counts);
const rows = await measureRows(fleet, counts, Number(lineages));
const starts = [
  ...(await measureStarts(fleet, {
    ...{ node: process.execPath, called: `Node.js ${process.version}` },
    atMost: { gating: 2.2, installing: 1.6 },
  })),
  ...(standalone === ''
    ? []
    : await measureStarts(fleet, {
        ...{ node: standalone, called: 'Node.js of certbot-ha-standalone' },
        atMost: { gating: 1.5, installing: 1.6 },
      })),
];
console.log(JSON.stringify([...rows, ...starts]));
// What still runs ends with this process, the first of its namespace.
process.exit(0);
