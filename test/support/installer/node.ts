import { chmod, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idOfParcel, type Parcel } from '../../../lib/lineage/deletion.ts';
import { markActivated, serialise, stageBundle } from '../../../lib/inbox/stage.ts';
import type { InstalledRecord } from '../../../lib/state/records.ts';
import type { InstallResult } from '../../../lib/state/results.ts';
import { requireDist } from '../../lab/dist.ts';
import { test as base } from '../lineage/certificates.ts';
import { environmentOf, startInstaller, writeConfig } from '../cluster/built.ts';
import { run, type Ended, type Running } from '../programs/program.ts';

export { expect } from '../lineage/certificates.ts';

/** A node that takes bundles: directories of its own, a web server that is a script, the built installer. */
export interface InstallerNode {
  readonly directory: string;
  readonly configDir: string;
  readonly stateDir: string;
  readonly inbox: string;
  /** Writes the configuration, with keys of webServer, and others, replaced. */
  configure(webServer?: object, others?: object): Promise<void>;
  /** Stages and activates a bundle as the agent does, and gives all of it to the agent's user. */
  deliver(parcel: Parcel, stamp?: string): Promise<void>;
  /** Activates what is staged, by a marker that is the agent's user's from its first moment. */
  activate(id: string, stamp?: string): Promise<void>;
  /** Gives all that is in the inbox to the agent's user. */
  giveAway(): Promise<void>;
  install(env?: NodeJS.ProcessEnv): Promise<Ended>;
  startInstall(env?: NodeJS.ProcessEnv, ...options: readonly string[]): Running;
  result(parcel: Parcel): Promise<InstallResult>;
  installed(): Promise<readonly InstalledRecord[]>;
  /** What the web server was asked, in order. */
  verbs(): Promise<readonly string[]>;
  /** The web server's test fails while live shows this certificate. */
  refuse(certificate: string, words: string): Promise<void>;
  /** The web server's test fails while one of these lineages is missing. */
  name(...lineages: readonly string[]): Promise<void>;
  /** As when the lock of an installer that was killed has grown stale, without the wait. */
  unlock(): Promise<void>;
}

/** Without a user of its own the agent is whoever runs the tests. */
export const AGENT_UID = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? 0);

const SCRIPT = `
cd "$(dirname "$0")"
echo "$1" >>verbs
if [ -e "kill-$1" ]; then rm "kill-$1"; kill -9 $PPID; exit 1; fi
if [ -e "no-$1" ]; then cat "no-$1" >&2; exit 1; fi
if [ "$1" = test ] && [ -e refused.pem ]; then
  for cert in letsencrypt/live/*/cert.pem; do
    if cmp -s refused.pem "$cert"; then cat words >&2; exit 1; fi
  done
fi
if [ "$1" = test ] && [ -e names ]; then
  for name in $(cat names); do
    file="$PWD/letsencrypt/live/$name/fullchain.pem"
    [ -e "$file" ] || { echo "nginx: [emerg] cannot load certificate \\"$file\\"" >&2; exit 1; }
  done
fi
`;

export const test = base.extend<{ readonly node: InstallerNode }>({
  node: async ({ directory }, use) => {
    await requireDist();
    const started: Running[] = [];
    await use(await createInstallerNode(directory, (running) => started.push(running)));
    // One that watches goes on where its test has ended too early.
    await Promise.all(started.map(async (running) => await running.kill()));
  },
});

/** @param onStart is told of each installer that is started */
export async function createInstallerNode(
  directory: string,
  onStart: (running: Running) => void = () => undefined,
): Promise<InstallerNode> {
  const at = (name: string) => join(directory, name);
  const places = { directory, configDir: at('letsencrypt'), stateDir: at('state'), inbox: at('state/inbox') };
  const { configDir, stateDir, inbox } = places;
  await mkdir(join(inbox, 'bundles'), { recursive: true });
  await mkdir(join(inbox, 'activated'));
  await mkdir(configDir);
  // Below a directory that is its owner's alone the agent's user would find nothing.
  await chmod(directory, 0o711);
  await writeFile(at('web-server.sh'), SCRIPT);
  const giveAway = async (place = inbox) => {
    if (process.getuid?.() === 0) await run(['chown', '-R', '-h', `${AGENT_UID}:${AGENT_UID}`, place]);
  };
  const activate: InstallerNode['activate'] = async (id, stamp) => {
    // An installer that waits takes the bundle at once: the marker is made aside.
    const aside = at(`activated-${id.slice(0, 8)}`);
    await mkdir(join(aside, 'bundles', id), { recursive: true });
    await markActivated(aside, id, stamp ?? null);
    await giveAway(aside);
    await rename(join(aside, 'activated', id), join(inbox, 'activated', id));
    await rm(aside, { recursive: true });
  };
  const configure: InstallerNode['configure'] = async (webServer = {}, others = {}) =>
    await writeConfig(at('config.yaml'), { ...configOf(places, webServer), ...others });
  await configure();
  await giveAway();
  const startInstall: InstallerNode['startInstall'] = (env = {}, ...options) => {
    const running = startInstaller({ ...environmentOf(at('config.yaml')), ...env }, options);
    onStart(running);
    return running;
  };

  return {
    ...{ ...places, configure, activate, giveAway, startInstall },
    deliver: async (parcel, stamp) => {
      const id = idOfParcel(parcel);
      await stageBundle(inbox, id, serialise(parcel));
      await giveAway();
      await activate(id, stamp);
    },
    install: async (env) => await startInstall(env).ended,
    result: async (parcel) =>
      (await readJson(join(stateDir, 'outbox', `${idOfParcel(parcel)}.json`))) as InstallResult,
    installed: async () => {
      const names = await readdir(join(stateDir, 'installed')).catch(() => []); // nothing yet
      const records = names.map(async (name) => await readJson(join(stateDir, 'installed', name)));
      return (await Promise.all(records)) as InstalledRecord[];
    },
    verbs: async () => (await readFile(at('verbs'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    refuse: async (certificate, words) => {
      await writeFile(at('refused.pem'), certificate);
      await writeFile(at('words'), words);
    },
    name: async (...lineages) => await writeFile(at('names'), lineages.join('\n')),
    unlock: async () => {
      await utimes(join(stateDir, 'journal.lock'), 1, 1).catch(() => undefined); // it was not taken yet
    },
  };
}

type Places = Pick<InstallerNode, 'directory' | 'configDir' | 'stateDir'>;

function configOf({ directory, configDir, stateDir }: Places, webServer: object): object {
  const script = (verb: string) => ['sh', join(directory, 'web-server.sh'), verb];
  return {
    nodes: { web1: '192.0.2.1', web2: '192.0.2.2' },
    vips: ['192.0.2.10'],
    self: 'web2',
    stateDir,
    certificates: { configDir },
    webServer: { kind: 'nginx', test: script('test'), reload: script('reload'), ...webServer },
  };
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'));
}
