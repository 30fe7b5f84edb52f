import { counted } from '../../base/counted.ts';
import { probePublisher } from '../../dns/probe.ts';
import { readLineageNames } from '../../lineage/list.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** A name server that does not answer is asked three times, for 3 s. */
const TIMEOUT_MS = 20_000;

/** As far as each kind can be tried without a trace. */
function shownBy(provider: 'rfc2136' | 'gandi' | 'command' | undefined): string {
  if (provider === 'gandi')
    return 'LiveDNS lets their records be read; certbot-ha drill --dns tests that they can be written';
  if (provider === 'command')
    return 'their zones are found, and dns.command is there; certbot-ha drill --dns runs it';
  return 'records could be published';
}

/** Whoever publishes the records of DNS-01 can do so, for every name that is proved by it. */
export const dns01: Check = {
  name: 'dns-01',
  timeoutMs: () => TIMEOUT_MS,
  run: async ({ cluster: { config, self }, env, signal }) => {
    const { issuer, mode } = config.certificates;
    if (mode === 'shared' && config.dns !== null && !['vip', 'any', self.name].includes(issuer))
      return skipped(`${issuer} renews, and publishes`);
    const names = await readLineageNames(config.certificates.configDir, 'dns-01');
    if (config.dns === null && names.length === 0) return skipped('dns is not set');
    const found = await probePublisher(config, names, { env, signal });
    return judged(
      found.map((one) => complaint('fail', one)),
      names.length === 0
        ? 'no lineage here is validated by it yet'
        : `${counted(names.length, 'name')}: ${shownBy(config.dns?.provider)}`,
    );
  },
};
