import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../cluster/addresses.ts';
import { lackOf } from '../packages.ts';
import { start } from '../programs/program.ts';
import { valuesAt, zoneText, type DnsServer } from './named.ts';
import type { MadeKey } from './tsig-key.ts';

/** Why there can be none here; null: there can. */
export const lackOfKnot = await lackOf(['knot', 'faketime']);

/** Knot's knotd on a port of its own: primary for the zones, which the key may update. */
export async function startKnotd(
  directory: string,
  zones: Readonly<Record<string, readonly string[]>>,
  key: MadeKey,
  env = process.env,
): Promise<DnsServer> {
  const address = '127.0.0.1';
  const port = await freePort([address]);
  await mkdir(join(directory, 'db'), { recursive: true });
  const entries = Object.entries(zones);
  await Promise.all(
    entries.map(async ([zone, records]) => {
      await writeFile(join(directory, `${zone}.zone`), zoneText(zone, address, records));
    }),
  );
  const conf = join(directory, 'knot.conf');
  await writeFile(
    conf,
    `server:
  rundir: ${directory}
  listen: ${address}@${port}
log:
  - target: stdout
    any: info
database:
  storage: ${directory}/db
key:
  - id: ${key.name}
    algorithm: ${key.algorithm}
    secret: ${key.secret}
acl:
  - id: update
    key: ${key.name}
    action: update
template:
  - id: default
    storage: ${directory}
    file: "%s.zone"
    acl: update
zone:
${entries.map(([zone]) => `  - domain: ${zone}\n`).join('')}`,
  );
  const knotd = start(['knotd', '-c', conf], { env });
  await knotd.says(new RegExp(`^(?=[^]*server started)(?:[^]*loaded, serial){${entries.length}}`));
  const resolver = `${address}:${port}`;
  return { address, port, resolver, values: valuesAt(resolver), close: async () => await knotd.kill() };
}
