import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireDist } from '../../lab/dist.ts';
import { requireNoSecrets } from './event-files.ts';
import { freePort, loopbackAddresses } from './addresses.ts';

/** What nodes on loopback share: addresses and ports that nobody else uses, a key, and their end. */
export interface Ground {
  readonly directory: string;
  readonly addresses: readonly string[];
  readonly ports: {
    readonly http: number;
    readonly https: number;
    readonly agent: number;
    readonly admin: number;
  };
  readonly keyFile: string;
  /** What runs on a node until the test is over. */
  keep<T extends { close(): Promise<unknown> } | { kill(): Promise<unknown> }>(thing: T): T;
}

/** For a fixture: makes the ground for so many nodes, has it used, and ends what runs on it. */
export async function onGround(
  directory: string,
  count: number,
  use: (ground: Ground) => Promise<void>,
): Promise<void> {
  await requireDist();
  const ends: (() => Promise<unknown>)[] = [];
  const addresses = loopbackAddresses(count);
  const [http, https, agent, admin] = [
    await freePort(addresses),
    await freePort(addresses),
    await freePort(addresses),
    await freePort(addresses),
  ];
  const keyFile = join(directory, 'cluster.key');
  await writeFile(keyFile, `${randomBytes(32).toString('hex')}\n`);
  await chmod(keyFile, 0o640);
  try {
    await use({
      ...{ directory, addresses, ports: { http, https, agent, admin }, keyFile },
      keep: (thing) => {
        ends.push('close' in thing ? thing.close : thing.kill);
        return thing;
      },
    });
  } finally {
    await Promise.all(ends.map(async (end) => await end()));
  }
  await requireNoSecrets(directory);
}
