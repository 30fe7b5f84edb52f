import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '../../lib/lineage/bundle.ts';
import { serialise, stageBundle } from '../../lib/inbox/stage.ts';
import type { InstallResult } from '../../lib/state/results.ts';
import type { LabNode } from '../lab/lab.ts';
import type { Forgery } from './bundle-forgeries.ts';
import { createCa, type TestCa } from './certificates.ts';
import { makeBundle } from './bundle-maker.ts';
import { installerRests } from './e2e-bundle-left.ts';
import { testIn } from './e2e-test.ts';
import { run } from './program.ts';

/** Tests in a lab, with a CA of their own that the lab knows nothing of. */
export function testWithAuthority() {
  return testIn().extend(
    'authority',
    { scope: 'file' },
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are used off the pattern
    async ({}, { onCleanup }): Promise<TestCa> => {
      const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-test-ca-'));
      onCleanup(async () => await rm(directory, { recursive: true, force: true }));
      return await createCa(directory);
    },
  );
}

/** What is done to a bundle before it lies in an inbox. */
export type Spoil = (forgery: Forgery) => Promise<unknown>;

export interface Placing {
  readonly spoil?: Spoil;
  /** Runs as root on the node when the bundle lies there, in its directory. */
  readonly onNode?: string;
  /** Runs here when it lies there, and nobody has activated it. */
  readonly beforeActivation?: () => Promise<void>;
}

const UNPACK = `cd "$1/bundles"
base64 --decode | runuser -u certbot-ha -- tar --extract --no-same-owner`;
const ACTIVATE = 'runuser -u certbot-ha -- touch "$1/activated/$2"';

/** Writes a bundle into a node's inbox and activates it, all as the agent's user does. */
export async function placeBundle(node: LabNode, bundle: Bundle, placing: Placing = {}): Promise<void> {
  const id = bundle.manifest.leaf.sha256;
  const inbox = join(node.paths.stateDir, 'inbox');
  const input = await packed(bundle, placing.spoil);
  await node.check(['sh', '-euc', UNPACK, 'unpack', inbox], { input });
  if (placing.onNode !== undefined) {
    await node.check(['sh', '-euc', `cd "$1"; ${placing.onNode}`, 'spoil', join(inbox, 'bundles', id)]);
  }
  await placing.beforeActivation?.();
  await node.check(['sh', '-euc', ACTIVATE, 'activate', inbox, id]);
}

/** A tar of the bundle's directory, in base64. A hole in a file stays one. */
async function packed(bundle: Bundle, spoil: Spoil | undefined): Promise<string> {
  const id = bundle.manifest.leaf.sha256;
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bundle-'));
  try {
    await stageBundle(directory, id, serialise(bundle));
    const bundles = join(directory, 'bundles');
    await spoil?.({
      root: join(bundles, id),
      node: { inbox: directory },
      at: (path) => join(bundles, id, path),
    });
    const script = 'tar --create --sparse -C "$1" "$2" | base64';
    const { code, stdout, stderr } = await run(['sh', '-euc', script, 'pack', bundles, id]);
    if (code !== 0) throw new Error(`tar: ${stderr}`);
    return stdout;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The first generation of a lineage, as another node would send it. */
export async function firstBundle(authority: TestCa, { paths }: LabNode, name: string): Promise<Bundle> {
  return makeBundle(await authority.issue([name]), {
    ...{ configDir: paths.letsencrypt, lineage: name, number: 1 },
  });
}

/** How the installer has ended with a bundle, when it rests. */
export async function resultOn(node: LabNode, { manifest }: Bundle): Promise<InstallResult> {
  await installerRests(node);
  const file = join(node.paths.stateDir, 'outbox', `${manifest.leaf.sha256}.json`);
  return JSON.parse(await node.readFile(file)) as InstallResult;
}

/** Every path, mode, owner, time, link and content below certbot's directory, in one number. */
export async function treeHash(node: LabNode): Promise<string> {
  const script = `cd "$1"
{ find . -printf '%p %y %m %U:%G %T@ %l\\n' | sort; find . -type f -print0 | sort -z | xargs -0r sha256sum; } | sha256sum`;
  return await node.check(['sh', '-euc', script, 'hash', node.paths.letsencrypt]);
}

/** What the installer has written to the journal since then, a line each. */
export async function installerSays(node: LabNode, cursor: string): Promise<readonly string[]> {
  // Which of the two takes a bundle is chance: sync installs what it finds before it looks at the peers.
  const units = ['--unit=certbot-ha-installer.service', '--unit=certbot-ha-sync.service'];
  const argv = ['journalctl', ...units, '--output=cat', '--no-pager', `--after-cursor=${cursor}`];
  const text = await node.check(argv);
  return text.split('\n').map((line) => line.trim());
}

/** Where the node's journal ends now. */
export async function journalCursor(node: LabNode): Promise<string> {
  const said = await node.check(['journalctl', '--no-pager', '--lines=1', '--show-cursor']);
  return /^-- cursor: (.*)$/m.exec(said)?.[1] ?? '';
}
