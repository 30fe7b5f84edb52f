import { runCommand } from './command.ts';
import type { CaOptions } from './contract.ts';
import { startDaemon, type Daemon } from './daemon.ts';
import { challtestsrvArgv, pebbleEnvironment, type DnsConfig } from './pebble.ts';

/** The CA and its DNS as processes. */
export interface CaDaemons {
  readonly restart: (options?: CaOptions) => Promise<void>;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface CaDaemonsOptions {
  /** The command line that runs `argv` where the CA lives. */
  readonly enter: (argv: readonly string[]) => readonly string[];
  readonly configFile: string;
  readonly dns: DnsConfig;
}

const START_MS = 10_000;

export async function startCaDaemons({ enter, configFile, dns }: CaDaemonsOptions): Promise<CaDaemons> {
  const { stderr: help } = await runCommand(enter(['pebble-challtestsrv', '-help']));
  const resolver = await startDaemon(enter(challtestsrvArgv(dns, help)), {
    isReady: (log) => log.includes('Starting management server'),
    timeoutMs: START_MS,
  });
  let pebble: Daemon | undefined;
  const restart = async (options: CaOptions = {}) => {
    await pebble?.kill();
    const { dnsServer = dns.listen } = options;
    const argv = ['pebble', '-config', configFile, '-dnsserver', dnsServer, '-strict=false'];
    pebble = await startDaemon(enter(argv), {
      env: pebbleEnvironment(options),
      isReady: (log) => log.includes('ACME directory available'),
      timeoutMs: START_MS,
    });
  };
  await restart();
  return {
    restart,
    log: () => pebble?.log() ?? '',
    stop: async () => {
      await Promise.all([resolver.kill(), pebble?.kill()]);
    },
  };
}
