// @module-tag slow
import { Resolver } from 'node:dns/promises';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { CertbotHaError } from '../../lib/base/errors.ts';
import type { Config } from '../../lib/cluster/config.ts';
import { dnsSettingsOf } from '../../lib/cluster/dns-settings.ts';
import { dns01 } from '../../lib/doctor/checks/dns-01.ts';
import { linesOf } from '../../lib/findings/words.ts';
import { startLiveDns } from '../support/dns/livedns.ts';
import { lackOfNamed, startNamed, type DnsServer } from '../support/dns/named.ts';
import { makeTsigKey, type MadeKey } from '../support/dns/tsig-key.ts';
import { writeIssuerTree } from '../support/lineage/bundle.ts';
import { expect, test as base } from '../support/lineage/certificates.ts';
import { configIn, healthy } from '../unit/doctor/healthy.ts';

interface Doctor {
  readonly server: DnsServer;
  readonly key: MadeKey;
  /** What the check says with this `dns` of the configuration. */
  says(dns: object | null, rest?: Partial<Config>): Promise<readonly string[]>;
  /** the serial number of the zone */
  serial(): Promise<number>;
}

const test = base.extend<{ doctor: Doctor }>({
  doctor: async ({ directory, ca }, use) => {
    const key = await makeTsigKey(directory);
    const server = await startNamed(join(directory, 'named'), {
      zones: { 'example.test': ['_acme-challenge.gone CNAME gone.elsewhere.test.'] },
      statements: key.statement,
      inZone: `update-policy { grant ${key.name} zonesub TXT; };`,
    });
    const lineage = 'www.example.test';
    await writeIssuerTree(directory, [await ca.issue([lineage, `*.${lineage}`, 'example.test'])]);
    const conf = join(directory, 'renewal', `${lineage}.conf`);
    await writeFile(conf, (await readFile(conf, 'utf8')).replace('http-01,', 'dns-01,'));
    await use({
      ...{ server, key },
      serial: async () => {
        const resolver = new Resolver();
        resolver.setServers([server.resolver]);
        return (await resolver.resolveSoa('example.test')).serial;
      },
      says: async (given, rest = {}) => {
        const dns =
          given &&
          dnsSettingsOf({ timeout: 5, resolvers: [server.resolver], ...given } as unknown as Parameters<
            typeof dnsSettingsOf
          >[0]);
        const config: Config = configIn(directory, { dns, ...rest });
        const outcome = await dns01
          .run(healthy(directory, { env: process.env }, config))
          .catch((error: unknown) => {
            if (!(error instanceof CertbotHaError)) throw error;
            return error;
          });
        if (outcome instanceof CertbotHaError) return outcome.problems;
        if (outcome.result !== 'found') return [outcome.result, outcome.detail];
        return outcome.complaints.flatMap(({ found }) => linesOf(found));
      },
    });
    await server.close();
  },
});

describe.skipIf(lackOfNamed !== null)('doctor looks at DNS-01', () => {
  test('without a trace: the zone is as it was', async ({ doctor }) => {
    const { key, server, says, serial } = doctor;
    const before = await serial();
    const rfc2136 = { provider: 'rfc2136', keyFile: key.file, server: null, port: server.port };
    expect(await says(rfc2136)).toEqual(['pass', '3 names: records could be published']);
    expect(await serial()).toBe(before);
    expect(await server.values('_acme-challenge.example.test')).toEqual([]);
  });

  test('and says once what would fail for all names', async ({ doctor, directory }) => {
    const { server, says } = doctor;
    const { file } = await makeTsigKey(directory, { name: 'strange' });
    const rfc2136 = { provider: 'rfc2136', keyFile: file, server: null, port: server.port };
    expect(await says(rfc2136)).toEqual([
      expect.stringMatching(/does not know the key strange .*\[dns-key-unknown\]$/),
    ]);
    await chmod(file, 0o644);
    expect(await says(rfc2136)).toEqual([
      `${file}: mode is 0644, expected 0600 or less: chmod 600 ${file} [dns-file-open]`,
    ]);
  });

  test('of a program it says whether it may be run, and does not run it', async ({ doctor, directory }) => {
    const program = join(directory, 'publish');
    const command = { provider: 'command', command: [program] };
    const missing = `${program}: dns.command names it, and it is not there or may not be run [dns-command-missing]`;
    expect(await doctor.says(command)).toEqual([missing]);
    await writeFile(program, `#!/bin/sh\ntouch ${directory}/was-run\n`);
    expect(await doctor.says(command)).toEqual([missing]);
    await chmod(program, 0o755);
    const found = '3 names: their zones are found, and dns.command is there; certbot-ha drill --dns runs it';
    expect(await doctor.says(command)).toEqual(['pass', found]);
    await expect(readFile(join(directory, 'was-run'))).rejects.toThrow('ENOENT');
    expect(await doctor.says({ provider: 'command', command: ['sh'] })).toEqual(['pass', found]);
    expect(await doctor.says({ provider: 'command', command: ['no-such-program'] })).toHaveLength(1);
  });

  test('at Gandi it reads, and says that it has not written', async ({
    doctor,
    directory,
    onTestFinished,
  }) => {
    const api = await startLiveDns(['example.test']);
    onTestFinished(api.close);
    const tokenFile = join(directory, 'gandi.token');
    await writeFile(tokenFile, `${api.token}\n`, { mode: 0o600 });
    const gandi = { provider: 'gandi', tokenFile, apiUrl: api.url };
    expect(await doctor.says(gandi)).toEqual([
      'pass',
      '3 names: LiveDNS lets their records be read; certbot-ha drill --dns tests that they can be written',
    ]);
    expect(new Set(api.asked().map((asked) => asked.split(' ')[0]))).toEqual(new Set(['GET']));
    await writeFile(tokenFile, 'pat_of_somebody_else\n');
    expect(await doctor.says(gandi)).toEqual([
      expect.stringMatching(/refuses the token of .* \(401\).*\[dns-token-refused\]$/),
    ]);
  });

  test('and not where another node renews', async ({ doctor, directory }) => {
    const certificates = { mode: 'shared', issuer: 'web2', configDir: directory, lineages: {} } as const;
    expect(
      await doctor.says({ provider: 'command', command: ['no-such-program'] }, { certificates }),
    ).toEqual(['skip', 'web2 renews, and publishes']);
  });

  test('and where a lineage needs it and nobody is named', async ({ doctor }) => {
    expect(await doctor.says(null)).toEqual([
      '/etc/certbot-ha/config.yaml: dns is not set: DNS-01 needs a provider [dns-not-configured]',
    ]);
  });
});
