import type { Lab, LabNode } from '../../test/lab/contract.ts';
import { startOn } from '../../test/lab/host-daemon.ts';
import { pebbleConfig, pebbleEnvironment } from '../../test/lab/pebble.ts';
import { putProgram } from './programs.ts';

/** A CA that validates at once, and for which a VIP moves each time between the response being written and its question. */
export interface MovingCa {
  readonly directoryUrl: string;
  readonly vips: readonly string[];
  /** The node that has the VIP of this lane. */
  holder(lane: number): LabNode;
  stop(): Promise<void>;
}

const [PORT, MANAGEMENT_PORT, DNS_PORT] = [14_001, 15_001, 5_353];
const CONFIG = '/root/pebble-moving.json';

export async function startMovingCa(
  lab: Lab,
  nodes: readonly LabNode[],
  vips: readonly string[],
): Promise<MovingCa> {
  const { ca } = lab;
  const holders = new Map<number, LabNode>();
  const follow = (chunk: string) => {
    for (const [, lane, name] of chunk.matchAll(/^held (\d+) (\S+)$/gm)) {
      const node = nodes.find((one) => one.name === name);
      if (node !== undefined) holders.set(Number(lane), node);
    }
  };
  const program = await putProgram(ca, 'moving-dns');
  const given = [String(DNS_PORT), nodes.map(({ name }) => name).join(','), vips.join(',')];
  const dns = await startOn(ca, [...program, ...given], { ready: /ready/, onOutput: follow });
  await ca.writeFile(CONFIG, configOf());
  const argv = ['pebble', '-config', CONFIG, '-dnsserver', `127.0.0.1:${DNS_PORT}`, '-strict=false'];
  const pebble = await startOn(ca, argv, { env: pebbleEnvironment({}), ready: /ACME directory available/ });
  return {
    directoryUrl: lab.directoryUrl.replace(/:\d+/, `:${PORT}`),
    vips,
    holder(lane) {
      const node = holders.get(lane);
      if (node === undefined) throw new Error(`nobody has VIP ${lane}`);
      return node;
    },
    async stop() {
      await Promise.all([pebble.stop(), dns.stop()]);
    },
  };
}

function configOf(): string {
  return pebbleConfig({
    listen: `0.0.0.0:${PORT}`,
    managementListen: `0.0.0.0:${MANAGEMENT_PORT}`,
    certificate: '/etc/pebble.crt',
    key: '/etc/pebble.key',
    httpPort: 80,
    tlsPort: 443,
  });
}
