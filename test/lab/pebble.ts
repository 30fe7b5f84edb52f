import type { CaOptions } from './contract.ts';

export interface PebbleConfig {
  readonly listen: string;
  readonly managementListen: string;
  readonly certificate: string;
  readonly key: string;
  /** Where it validates. */
  readonly httpPort: number;
  readonly tlsPort: number;
}

export function pebbleConfig(config: PebbleConfig): string {
  return JSON.stringify({
    pebble: {
      listenAddress: config.listen,
      managementListenAddress: config.managementListen,
      certificate: config.certificate,
      privateKey: config.key,
      httpPort: config.httpPort,
      tlsPort: config.tlsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: false,
    },
  });
}

export function pebbleEnvironment(options: CaOptions): Record<string, string> {
  const { validationSleepSeconds = 0, nonceRejectPercent = 0, authzReuse = 0 } = options;
  return {
    ...(validationSleepSeconds > 0
      ? { PEBBLE_VA_SLEEPTIME: String(validationSleepSeconds) }
      : { PEBBLE_VA_NOSLEEP: '1' }),
    PEBBLE_WFE_NONCEREJECT: String(nonceRejectPercent),
    PEBBLE_AUTHZREUSE: String(authzReuse),
  };
}

export interface DnsConfig {
  readonly listen: string;
  readonly managementListen: string;
  readonly vips: readonly string[];
}

/** Every name has the VIPs' addresses. `help`: what the program says of its options, which are others from Pebble 2.5 on. */
export function challtestsrvArgv(
  { listen, managementListen, vips }: DnsConfig,
  help: string,
): readonly string[] {
  const off = [
    '-http01',
    '',
    '-https01',
    '',
    '-tlsalpn01',
    '',
    ...(help.includes('-doh ') ? ['-doh', ''] : []),
  ];
  const dns = help.includes('-dnsserver ') ? '-dnsserver' : '-dns01';
  const v4 = vips.find((vip) => !vip.includes(':')) ?? '';
  const v6 = vips.find((vip) => vip.includes(':')) ?? '';
  const defaults = ['-defaultIPv4', v4, '-defaultIPv6', v6];
  return ['pebble-challtestsrv', ...off, ...defaults, dns, listen, '-management', managementListen];
}
