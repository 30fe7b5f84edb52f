import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '../../../lib/lineage/bundle.ts';
import { serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import type { InstallResult } from '../../../lib/state/results.ts';
import { makeBundle } from '../../support/lineage/bundle.ts';
import { createCa, type IssueOptions, type TestCa } from '../../support/lineage/certificates.ts';
import type { Forgery } from '../../support/lineage/forgery.ts';
import { OWN_HOOKS, renewalConf, SERVER } from '../../support/lineage/renewal-conf.ts';
import { checkCommand } from '../command.ts';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';
import { serialOf } from './installed.ts';
import type { ThreeNodes } from './stage.ts';
import { show } from './units.ts';

/** What is done to a bundle before it lies in an inbox. */
export type Spoil = (forgery: Forgery) => Promise<unknown>;

export interface Placing {
  readonly spoil?: Spoil;
  /** Runs as root on the node when the bundle lies there, in its directory. */
  readonly onNode?: string;
  /** Runs here when it lies there, and nobody has activated it. */
  readonly beforeActivation?: () => Promise<void>;
}

export interface BundleOptions extends IssueOptions {
  /** Default 1. */
  readonly number?: number;
  /** Instead of a sound renewal configuration. */
  readonly conf?: string;
}

/** Bundles that no node has sent, of a CA that the lab knows nothing of. */
export interface Forge {
  readonly authority: TestCa;
  /** A generation of a lineage, as another node would send it. */
  bundle(to: LabNode, name: string, options?: BundleOptions): Promise<Bundle>;
  /** Writes a bundle into a node's inbox and activates it, all as the agent's user does. */
  place(on: LabNode, bundle: Bundle, placing?: Placing): Promise<void>;
  /**
   * Lineages that the nodes have besides what a test is about: each node's installer takes them, and none takes part in a
   * renewal, since their CA is another. Serial numbers by name.
   */
  besides(nodes: ThreeNodes, names: readonly string[]): Promise<Map<string, string>>;
  /** How the installer has ended with a bundle, when it rests. */
  result(on: LabNode, bundle: Bundle): Promise<InstallResult>;
}

export function forging(authority: TestCa): Forge {
  const bundleOf: Forge['bundle'] = async ({ paths }, name, { number = 1, conf, ...options } = {}) => {
    const own = { configDir: paths.letsencrypt, lineage: name, number };
    const issued = await authority.issue([name], options);
    return makeBundle(issued, { ...own, ...(conf === undefined ? {} : { conf }) });
  };
  return {
    authority,
    bundle: bundleOf,
    place,
    async besides(nodes, names) {
      const [one] = nodes;
      const serials = new Map<string, string>();
      for (const name of names) {
        const bundle = await bundleOf(one, name, {
          ...{ conf: confOfAnotherCa(one, name), notAfter: new Date(Date.now() + NOT_DUE_MS) },
        });
        await Promise.all(nodes.map(async (node) => await place(node, bundle)));
        serials.set(name, serialOf({ serialNumber: bundle.manifest.leaf.serial }));
      }
      await Promise.all(nodes.map(installerRests));
      return serials;
    },
    async result(on, { manifest }) {
      await installerRests(on);
      const file = join(on.paths.stateDir, 'outbox', `${manifest.leaf.sha256}.json`);
      return JSON.parse(await on.readFile(file)) as InstallResult;
    },
  };
}

export async function authorityIn(): Promise<{ authority: TestCa; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-test-ca-'));
  const remove = async () => await rm(directory, { recursive: true, force: true });
  return { authority: await createCa(directory), remove };
}

/** The nodes have one account of the lab's CA, and shall have no other. */
function confOfAnotherCa({ paths }: LabNode, lineage: string): string {
  const conf = renewalConf({ configDir: paths.letsencrypt, lineage, params: OWN_HOOKS });
  return conf.replace(SERVER, 'https://other-ca.example.test/dir');
}

/** Nothing is said of when it has to be renewed. */
const NOT_DUE_MS = 80 * 24 * 3_600_000;

const UNPACK = `cd "$1/bundles"
base64 --decode | runuser -u certbot-ha -- tar --extract --no-same-owner`;
const ACTIVATE = 'runuser -u certbot-ha -- touch "$1/activated/$2"';

async function place(on: LabNode, bundle: Bundle, placing: Placing = {}): Promise<void> {
  const id = bundle.manifest.leaf.sha256;
  const inbox = join(on.paths.stateDir, 'inbox');
  const input = await packed(bundle, placing.spoil);
  await on.check(['sh', '-euc', UNPACK, 'unpack', inbox], { input });
  if (placing.onNode !== undefined) {
    await on.check(['sh', '-euc', `cd "$1"; ${placing.onNode}`, 'spoil', join(inbox, 'bundles', id)]);
  }
  await placing.beforeActivation?.();
  await on.check(['sh', '-euc', ACTIVATE, 'activate', inbox, id]);
}

/** A tar of the bundle's directory, in base64. A hole in a file stays one. */
async function packed(bundle: Bundle, spoil: Spoil | undefined): Promise<string> {
  const id = bundle.manifest.leaf.sha256;
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bundle-'));
  try {
    await stageBundle(directory, id, serialise(bundle));
    const bundles = join(directory, 'bundles');
    const at = (path: string) => join(bundles, id, path);
    await spoil?.({ root: join(bundles, id), node: { inbox: directory }, at });
    const script = 'tar --create --sparse -C "$1" "$2" | base64';
    return await checkCommand(['sh', '-euc', script, 'pack', bundles, id]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The installer has gone to rest on a node: what lies there has been seen to. */
async function installerRests(node: LabNode): Promise<void> {
  const rests = async () => {
    const markers = await node.check(['ls', '-A', join(node.paths.stateDir, 'inbox/activated')]);
    const state = await show(node, 'certbot-ha-installer.service', 'ActiveState');
    return markers === '' && /^(?:inactive|failed)$/.test(state);
  };
  await eventually(rests, { timeoutMs: 30_000, what: `${node.name}: the installer to rest` });
}
