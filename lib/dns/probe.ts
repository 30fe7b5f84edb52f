import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { recordOf, type TxtRecord } from '../challenge/dns-01.ts';
import type { Config } from '../cluster/config.ts';
import type { Finding } from '../findings/register.ts';
import { isIpAddress } from '../net/address.ts';
import { createPublisher } from './create.ts';
import { findZones } from './zones.ts';

/** A value that no CA has asked for, of the length that all have. */
const NOBODYS = 'certbot-ha-doctor'.padEnd(43, '-');

/**
 * Why the records of these names could not be published, each reason once, as far as can be told without a trace: a value
 * that is not there is taken away, which the provider answers as it would a true one. A program is not run: it may be, and
 * the zones are found.
 * @throws {CertbotHaError} `config` without `dns`, and for a bad key or token file
 */
export async function probePublisher(
  config: Pick<Config, 'file' | 'dns' | 'stateDir'>,
  identifiers: readonly string[],
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const publisher = await createPublisher(config, env);
  try {
    const records = recordsOf(identifiers);
    const { dns } = config;
    if (dns?.provider !== 'command') return reasonsIn(await publisher.withdraw(records, signal));
    const names = records.map(({ name }) => name);
    const zones = await findZones(names, { resolvers: dns.resolvers, signal });
    return [...(await programMissing(dns.command, env)), ...reasonsIn(zones)];
  } finally {
    await publisher.close();
  }
}

/** A name and its wildcard have one. */
function recordsOf(identifiers: readonly string[]): readonly TxtRecord[] {
  const records = identifiers
    .filter((identifier) => !isIpAddress(identifier))
    .map((identifier) => recordOf({ identifier, value: NOBODYS }));
  return [...new Map(records.map((record) => [record.name, record])).values()];
}

function reasonsIn(
  outcomes: readonly ({ readonly isOk: true } | { readonly isOk: false; readonly reason: Finding })[],
): readonly Finding[] {
  const reasons = outcomes.flatMap((outcome) => (outcome.isOk ? [] : [outcome.reason]));
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}

/** Looked for where the system would. */
async function programMissing(
  [program = '']: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Finding[]> {
  const places = program.includes('/')
    ? [program]
    : (env['PATH'] ?? '').split(':').map((directory) => `${directory}/${program}`);
  for (const place of places) {
    const isRunnable = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isRunnable) return [];
  }
  return [{ code: 'dns-command-missing', program }];
}
