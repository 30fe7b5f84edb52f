import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';

/** What delivers to a peer and what installs there, in one process or another, needs so long when it does well. */
const SETTLE_MS = 20_000;

/** What certbot and certbot-ha have on a node. */
export interface Installed {
  leaf(on: LabNode, name: string, configDir?: string): Promise<X509Certificate>;
  /** The leaf's serial number: lower case, without leading zeros. */
  serial(on: LabNode, name: string): Promise<string>;
  /** The N of the files that live points at. */
  generation(on: LabNode, name: string): Promise<number>;
  /** The ACME accounts, as paths below accounts/. */
  accounts(on: LabNode): Promise<readonly string[]>;
  /** What a node has still to deliver: `NODE LINEAGE`. */
  outstanding(on: LabNode): Promise<readonly string[]>;
  /** Resolves when a node has nothing to deliver any more. */
  nothingOutstanding(on: LabNode, timeoutMs?: number): Promise<void>;
  /** `certbot-ha deploy`, which may have nothing to complain of. */
  deploy(from: LabNode, name: string): Promise<void>;
  /** A node that was away had its token left to the next run of the hooks: this one, a drill. */
  forgetTokens(from: LabNode, name: string): Promise<void>;
}

export function installed(): Installed {
  return {
    leaf: leafOn,
    serial: async (on, name) => serialOf(await leafOn(on, name)),
    async generation(on, name) {
      const target = await on.check(['readlink', `${on.paths.letsencrypt}/live/${name}/cert.pem`]);
      return Number(/^\.\.\/\.\.\/archive\/.*\/cert(\d+)\.pem$/m.exec(target)?.[1]);
    },
    async accounts(on) {
      const directory = join(on.paths.letsencrypt, 'accounts');
      const found = await on.check(['find', directory, '-name', 'private_key.json', '-printf', '%P\n']);
      return found.split('\n').filter(Boolean).toSorted();
    },
    outstanding: outstandingOn,
    async nothingOutstanding(on, timeoutMs = SETTLE_MS) {
      await eventually(async () => await outstandingOn(on), {
        ...{ timeoutMs, everyMs: 200, until: (list) => list.length === 0 },
        what: `${on.name} to have nothing outstanding`,
      });
    },
    async deploy(from, name) {
      expect(await from.run(['certbot-ha', 'deploy', name])).toMatchObject({ code: 0, stderr: '' });
    },
    async forgetTokens(from, name) {
      await from.check(['certbot-ha', 'drill', name]);
    },
  };
}

export async function leafOn(
  node: LabNode,
  name: string,
  configDir = node.paths.letsencrypt,
): Promise<X509Certificate> {
  return new X509Certificate(await node.readFile(join(configDir, 'live', name, 'cert.pem')));
}

export function serialOf({ serialNumber }: Pick<X509Certificate, 'serialNumber'>): string {
  return BigInt(`0x${serialNumber}`).toString(16);
}

async function outstandingOn(node: LabNode): Promise<readonly string[]> {
  const { code, stdout } = await node.run(['cat', join(node.paths.stateDir, 'outstanding.json')]);
  if (code !== 0) return [];
  const entries = JSON.parse(stdout) as readonly { readonly node: string; readonly lineage: string }[];
  return entries.map(({ node: peer, lineage }) => `${peer} ${lineage}`);
}
