import { mkdir } from 'node:fs/promises';
import { openFleet } from './fleet.ts';
import { measureRows } from './rows.ts';

// Runs in namespaces of its own, which end with it (fifty.ts): prints the figures as JSON.

const DIRECTORY = '/run/fifty';
const [sizes = '', lineages = ''] = process.argv.slice(2);
await mkdir(DIRECTORY, { recursive: true });
const counts = sizes.split(',').map(Number);
const fleet = await openFleet(DIRECTORY, counts);
console.log(JSON.stringify(await measureRows(fleet, counts, Number(lineages))));
// What still runs ends with this process, the first of its namespace.
process.exit(0);
