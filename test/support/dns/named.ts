import { mkdir, writeFile } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { freePort } from '../cluster/addresses.ts';
import { lackOf } from '../packages.ts';
import { start } from '../programs/program.ts';

/** Why there can be none here; null: there can. */
export const lackOfNamed = await lackOf(['bind9']);

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  /** as `dns.resolvers` has it */
  readonly resolver: string;
  /** the TXT values that it has, in alphabetical order */
  values(name: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface NamedOptions {
  /** the records of each zone besides its SOA, NS and its server's addresses, a line each */
  readonly zones: Readonly<Record<string, readonly string[]>>;
  /** statements before the zones, such as keys */
  readonly statements?: string;
  /** in each zone, such as who may update it */
  readonly inZone?: string;
}

/** BIND's named on a port of its own: primary for the zones, with ns1.ZONE for a server, and no resolver for others. */
export async function startNamed(
  directory: string,
  { zones, statements = '', inZone = '' }: NamedOptions,
): Promise<DnsServer> {
  // It listens on addresses that an interface has, which the others of 127.0.0.0/8 are not.
  const address = '127.0.0.1';
  const port = await freePort([address]);
  await mkdir(directory, { recursive: true });
  const entries = Object.entries(zones);
  await Promise.all(
    entries.map(async ([zone, records]) => {
      await writeFile(join(directory, `${zone}.zone`), zoneText(zone, address, records));
    }),
  );
  const conf = join(directory, 'named.conf');
  await writeFile(
    conf,
    `options {
  directory "${directory}"; pid-file none; session-keyfile none;
  listen-on port ${port} { ${address}; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no;
};
controls {};
${statements}
${entries.map(([zone]) => `zone "${zone}" { type primary; file "${zone}.zone"; ${inZone} };`).join('\n')}
`,
  );
  const named = start(['named', '-g', '-n', '1', '-c', conf]);
  await named.says(/ running$/m);
  const resolver = `${address}:${port}`;
  return { address, port, resolver, values: valuesAt(resolver), close: async () => await named.kill() };
}

export function zoneText(zone: string, address: string, records: readonly string[]): string {
  return [
    '$TTL 60',
    `@ SOA ns1.${zone}. root.${zone}. 1 3600 600 86400 5`,
    '@ NS ns1',
    `ns1 A ${address}`,
    'ns1 AAAA ::1',
    ...records,
    '',
  ].join('\n');
}

/** Asks a server for TXT records. */
export function valuesAt(server: string): (name: string) => Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([server]);
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join('')).toSorted();
    } catch (error) {
      if (error instanceof Error && 'code' in error && ['ENODATA', 'ENOTFOUND'].includes(String(error.code)))
        return [];
      throw error;
    }
  };
}
