import type { CliSetting } from './cli-ini.ts';

/** certbot's default. */
export const PRODUCTION = 'https://acme-v02.api.letsencrypt.org/directory';
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

/** The ACME server that certbot goes to with these arguments and these lines of cli.ini (certbot, `set_test_server_options`). */
export function serverFor(given: readonly string[], settings: readonly CliSetting[]): string {
  const server = valueOf('server', given, settings) ?? PRODUCTION;
  const isTest = ['staging', 'test-cert', 'dry-run'].some((mode) => isGiven(mode, given, settings));
  return isTest && server === PRODUCTION ? STAGING : server;
}

/** What certbot is given for an option: the last one on its command line, or else in cli.ini; null where nothing is. */
export function valueOf(
  option: string,
  given: readonly string[],
  settings: readonly CliSetting[],
): string | null {
  const values = given.flatMap((argument, index) => {
    if (argument === `--${option}`) return given[index + 1] ?? [];
    return argument.startsWith(`--${option}=`) ? argument.slice(option.length + 3) : [];
  });
  return values.at(-1) ?? settings.findLast(({ key }) => key === option)?.value ?? null;
}

/** Whether certbot is given an option that has no value. */
export function isGiven(option: string, given: readonly string[], settings: readonly CliSetting[]): boolean {
  return given.includes(`--${option}`) || settings.some(({ key, value }) => key === option && isOn(value));
}

function isOn(value: string): boolean {
  return /^(?:true|yes|1)?$/i.test(value);
}
