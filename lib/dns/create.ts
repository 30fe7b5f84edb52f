import { CertbotHaError } from '../base/errors.ts';
import type { Config } from '../cluster/config.ts';
import type { Publisher } from './publisher.ts';

/**
 * The publisher that `dns` names; only that one is loaded.
 * @throws {CertbotHaError} `config` without `dns`, and for a bad key or token file
 */
export async function createPublisher(
  { file, dns, stateDir }: Pick<Config, 'file' | 'dns' | 'stateDir'>,
  env: NodeJS.ProcessEnv,
): Promise<Publisher> {
  if (dns === null) throw new CertbotHaError('config', { code: 'dns-not-configured', file });
  switch (dns.provider) {
    case 'rfc2136': {
      const { createRfc2136Publisher } = await import('./rfc2136.ts');
      return createRfc2136Publisher(dns, env);
    }
    case 'gandi': {
      const { createGandiPublisher } = await import('./gandi.ts');
      return createGandiPublisher(dns, stateDir);
    }
    case 'command': {
      const { createCommandPublisher } = await import('./command.ts');
      return createCommandPublisher(dns, env);
    }
  }
}
