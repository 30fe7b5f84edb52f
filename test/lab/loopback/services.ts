import { join } from 'node:path';
import type { ServiceName } from '../contract.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { leashed } from './leash.ts';
import { accepts } from './accepts.ts';
import { nginxArgv } from './nginx.ts';
import { nginxDirectory, type LoopbackNodeOptions } from './layout.ts';

export interface LoopbackServices {
  readonly start: (name: ServiceName) => Promise<void>;
  readonly stop: (name: ServiceName) => Promise<void>;
  readonly kill: (name: ServiceName) => Promise<void>;
  /** Throws when it does not run. */
  readonly pidOf: (name: ServiceName) => number;
}

const START_MS = 10_000;

/** nginx and the agent as child processes; keepalived is played by the lab. There is no sshd. */
export function loopbackServices(
  { name: node, address, directory, binDir, ports, vrrp }: LoopbackNodeOptions,
  env: Readonly<Record<string, string>>,
): LoopbackServices {
  const running = new Map<ServiceName, Daemon>();
  const launch = async (service: ServiceName, argv: readonly string[], port: number) => {
    if (running.get(service)?.isRunning() === true) return;
    const isReady = () => accepts(address, port);
    running.set(service, await startDaemon(leashed(argv), { env, isReady, timeoutMs: START_MS }));
  };
  const end = async (service: ServiceName, how: 'stop' | 'kill') => {
    if (service === 'keepalived') vrrp.leave(node);
    else if (service === 'ssh') throw notOnLoopback('sshd');
    else await running.get(service)?.[how]();
  };
  return {
    async start(service) {
      switch (service) {
        case 'keepalived':
          return vrrp.join(node);
        case 'nginx':
          return launch(service, nginxArgv(nginxDirectory(directory), '-g', 'daemon off;'), ports.http);
        case 'agent':
          return launch(service, [join(binDir, 'certbot-ha'), 'agent'], ports.agent);
        case 'ssh':
          throw notOnLoopback('sshd');
      }
    },
    stop: (service) => end(service, 'stop'),
    kill: (service) => end(service, 'kill'),
    pidOf(service) {
      const daemon = running.get(service);
      if (daemon?.isRunning() !== true) throw new Error(`${node}: ${service} does not run`);
      return daemon.pid;
    },
  };
}

export function notOnLoopback(what: string): Error {
  return new Error(`${what}: not on loopback, only with booted hosts`);
}
