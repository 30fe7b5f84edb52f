import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DnsChallenge } from '../../../lib/challenge/dns-01.ts';
import { loopbackAddresses } from '../cluster/addresses.ts';
import { test as base } from '../cluster/cluster.ts';
import { lacking } from '../lacking.ts';
import { startNameServers, type NameServer } from './name-server.ts';

export { expect } from '../cluster/cluster.ts';

/** Three nodes whose configuration names a program that publishes, and the name servers of example.test, which have what it publishes. */
export interface Dns {
  readonly servers: readonly [NameServer, NameServer, NameServer];
  /** `dns`, for a configuration */
  readonly settings: object;
  /** what is published, a line a record: `NAME VALUE` */
  records(): Promise<readonly string[]>;
  /** Writes such lines, or `NAME CNAME TARGET`. */
  write(...lines: readonly string[]): Promise<void>;
  /** the actions of the program, in order */
  actions(): Promise<readonly string[]>;
  /** From now on the program fails, or does not. */
  fail(isFailing: boolean): Promise<void>;
}

/** Why no name server can be started here; null where one can. With CI=true that is an error. */
export const lackOfPort = process.getuid?.() === 0 ? null : lacking('only root may listen on port 53');

export const test = base.extend<{ readonly dns: Dns }>({
  dns: async ({ cluster, directory }, use) => {
    const [file, log, failing] = ['records', 'actions', 'failing'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const program = join(directory, 'publish');
    await Promise.all([file, log].map(async (one) => await writeFile(one, '')));
    await writeFile(program, SCRIPT);
    await chmod(program, 0o755);
    const servers = await startNameServers(loopbackAddresses(3), {
      zones: ['example.test', 'acme.test'],
      file,
    });
    const [first, second, third] = servers;
    if (!first || !second || !third) throw new Error('three name servers');
    const settings = { provider: 'command', command: [program, directory], resolvers: [first.address] };
    await cluster.configure({ dns: settings, gate: { timeout: 5, httpPort: cluster.httpPort } });
    const linesIn = async (name: string) => (await readFile(name, 'utf8')).split('\n').filter(Boolean);
    await use({
      ...{ servers: [first, second, third], settings },
      records: async () => (await linesIn(file)).filter((line) => !line.includes(' CNAME ')),
      write: async (...lines) => await writeFile(file, lines.map((line) => `${line}\n`).join('')),
      actions: async () => await linesIn(log),
      fail: async (isFailing) => await writeFile(failing, isFailing ? 'yes' : ''),
    });
    await Promise.all(servers.map(async (server) => await server.close()));
  },
});

const SCRIPT = `#!/bin/sh
cd "$1" || exit 3
echo "$CERTBOT_HA_DNS_ACTION" >> actions
[ -s failing ] && { echo 'no such zone' >&2; exit 1; }
while read -r name value zone asked; do
  grep -vxF "$name $value" records > records.new
  [ "$CERTBOT_HA_DNS_ACTION" = present ] && echo "$name $value" >> records.new
  mv records.new records
done
`;

export function makeDnsChallenge(identifier = 'a.example.test'): DnsChallenge {
  return { identifier, value: randomBytes(32).toString('base64url') };
}

/** What is published for a challenge. */
export function lineOf({ identifier, value }: DnsChallenge): string {
  return `_acme-challenge.${identifier} ${value}`;
}
