import { CertbotHaError } from '../base/errors.ts';

/**
 * The environment of a program whose option `--config` may name the configuration file: that goes before
 * CERTBOT_HA_CONFIG. @throws {CertbotHaError} `usage` where the name is empty, as an unset variable of a shell leaves
 * it: another cluster's configuration must not stand in for the one that was meant
 */
export function withConfigOption(env: NodeJS.ProcessEnv, file: string | undefined): NodeJS.ProcessEnv {
  if (file === undefined) return env;
  if (file === '') {
    const found = { code: 'usage', problem: 'option --config: expected a file, got ""' } as const;
    throw new CertbotHaError('usage', found);
  }
  return { ...env, CERTBOT_HA_CONFIG: file };
}
