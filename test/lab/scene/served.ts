import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Lab, LabNode } from '../lab.ts';
import { lookServed, serialsIn } from '../look-served.ts';
import { serialOf } from './installed.ts';
import type { Stage } from './stage.ts';

export interface Awaited {
  readonly name: string;
  readonly serial: string;
  readonly timeoutMs: number;
}

/** What is seen from outside, by a host that is none of the nodes. Serial numbers are as `serial` gives them. */
export interface Served {
  /** What every node and every VIP serves for a name: serial numbers by `web1` … and `vip`; null where nothing is. */
  served(name: string): Promise<Readonly<Record<string, string | null>>>;
  servedBy(node: LabNode, name: string): Promise<string | null>;
  /** The same serial number everywhere, in the form of `served`. */
  everywhere(serial: string): Readonly<Record<string, string>>;
  /** Every node and every VIP serves it, a second after a reload at the latest. */
  expectServed(name: string, serial: string): Promise<void>;
  /** Every node and every VIP serves it, and certbot on every node lists the lineage with it. */
  expectEverywhere(name: string, serial: string): Promise<void>;
  /** Resolves when a node serves it. */
  comesToServe(node: LabNode, awaited: Awaited): Promise<void>;
}

/** After a reload nginx' workers of before go on taking connections, beside the new ones, for 100 ms. */
const OLD_WORKERS = { timeout: 1_000, interval: 100 } as const;

export function served({ lab }: Stage): Served {
  const targets = targetsOf(lab);
  const all: Served['served'] = async (name) => {
    const addresses = targets.map(([, address]) => address);
    const serials = await serialsAt(lab, addresses, name);
    return Object.fromEntries(targets.map(([target], index) => [target, serials[index] ?? null]));
  };
  const everywhere: Served['everywhere'] = (serial) =>
    Object.fromEntries(targets.map(([target]) => [target, serial]));
  const expectServed: Served['expectServed'] = async (name, serial) =>
    await expect.poll(async () => await all(name), OLD_WORKERS).toEqual(everywhere(serial));
  return {
    served: all,
    servedBy: async ({ address }, name) => await serialAt(lab, address, name),
    everywhere,
    expectServed,
    async expectEverywhere(name, serial) {
      await expectServed(name, serial);
      const lists = lab.nodes.map(
        async (node) => [node.name, await serialByCertbot(lab, node, name)] as const,
      );
      const expected = Object.fromEntries(lab.nodes.map((node) => [node.name, serial]));
      expect(Object.fromEntries(await Promise.all(lists))).toEqual(expected);
    },
    async comesToServe(node, { name, serial, timeoutMs }) {
      await eventually(async () => (await serialAt(lab, node.address, name)) === serial, {
        ...{ timeoutMs, everyMs: 200 },
        what: `${node.name} to serve the new certificate of ${name}`,
      });
    },
  };
}

/** Names and addresses; a second VIP has its address in its name. */
function targetsOf({ nodes, vips }: Lab): readonly (readonly [string, string])[] {
  return [
    ...nodes.map(({ name, address }) => [name, address] as const),
    ...vips.map((vip, index) => [index === 0 ? 'vip' : `vip ${vip}`, vip] as const),
  ];
}

async function serialAt(lab: Lab, address: string, name: string): Promise<string | null> {
  return (await serialsAt(lab, [address], name))[0] ?? null;
}

async function serialsAt(
  lab: Lab,
  addresses: readonly string[],
  name: string,
): Promise<readonly (string | null)[]> {
  const seen = serialsIn(await lab.ca.check(lookServed(lab, { name, addresses })));
  return seen.map((serialNumber) => (serialNumber === null ? null : serialOf({ serialNumber })));
}

/** As `certbot certificates` lists the lineage; it must not complain of any. */
async function serialByCertbot(lab: Lab, node: LabNode, name: string): Promise<string | null> {
  const { code, stdout } = await lab.certbot(node, ['certificates', '--cert-name', name]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.not.stringMatching(/INVALID|invalid/) });
  const serialNumber = new RegExp(`Certificate Name: ${name}\\n\\s+Serial Number: ([0-9a-f]+)`).exec(
    stdout,
  )?.[1];
  return serialNumber === undefined ? null : serialOf({ serialNumber });
}
