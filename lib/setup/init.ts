import { resolve } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { print } from '../base/print.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import { findCluster, type Cluster } from '../cluster/cluster.ts';
import { configFileOf, readConfig } from '../cluster/load.ts';
import { interfacesHere, thisMachine, type InterfaceAddress, type Machine } from '../cluster/machine.ts';
import { exists } from '../system/read-file.ts';
import { configText } from './compose.ts';
import { doubtsOf } from './doubts.ts';
import { findSettings } from './find.ts';
import { DEFAULT_KEY_FILE, keyPlaceFor } from './key-place.ts';
import { keyFileWith, keyToPut } from './key.ts';
import { renewalSteps, stepsAfterInit } from './next-steps.ts';
import { nodeSteps } from './node-steps.ts';
import type { NameOf } from './names.ts';
import { differing, filesDiffer, putFiles, refuseDiffering, type NewFile } from './put-files.ts';
import { renewalHere } from './renewal.ts';
import { settle, type Ask, type GivenSettings } from './settings.ts';
import { sayCommands, startNode, type Hold } from './start-node.ts';
import { withSelf } from './this-host.ts';

/** What the set-up has of its process and its host. */
export interface SetUpIo {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** where the files of cron and of web servers are; default: / */
  readonly root?: string;
  readonly signal: AbortSignal;
  /** Has systemd hold the addresses of this node's agent. Default: the agent listens by itself */
  readonly holdFor?: (cluster: Cluster) => Hold;
}

export interface InitOptions {
  readonly given: GivenSettings;
  /** replaces what is there, with copies; a key that can be used stays */
  readonly isForced: boolean;
  /** shows what would be written, except the key */
  readonly isDryRun: boolean;
  /** does what this node needs besides */
  readonly isStarted: boolean;
  /** keepalived's configuration; null: where it usually is */
  readonly keepalived: string | null;
}

export interface InitIo extends SetUpIo {
  /** null: there is nobody to ask */
  readonly ask: Ask | null;
  readonly machine?: Machine;
  readonly interfaces?: readonly InterfaceAddress[];
  readonly look?: NameOf;
}

const CONFIG_MODE = 0o644;
const SET_UP =
  'this node is set up. init --start starts it once more, init --export | ssh root@NODE certbot-ha init --join --start another one; --force makes a new configuration, and keeps a copy';

/**
 * Makes configuration and key on the first node of a cluster, and says what comes next.
 * @throws {CertbotHaError} where something is missing or wrong, or files are there already; then nothing was written
 */
export async function initCluster(options: InitOptions, io: InitIo): Promise<void> {
  const { isForced, isDryRun, isStarted } = options;
  const file = resolve(configFileOf(io.env));
  if (isStarted && !isForced && isNothingGiven(options.given) && (await exists(file)))
    return await startHere(options, io);
  // Nobody is to answer questions in vain.
  const isAsked = io.ask !== null || isNothingGiven(options.given);
  if (isAsked && !isForced && (await exists(file))) throw filesDiffer([file], SET_UP);
  const { text, cluster } = await newConfiguration(file, options, io);
  const { keyFile } = cluster.config.agent;
  const key = await keyToPut(keyFile, isForced);
  const renewal = await renewalHere(cluster, io);
  for (const finding of key.exposed) print(io.err, finding);
  if (isDryRun) {
    io.out(`would write ${file}:`);
    for (const line of text.trimEnd().split('\n')) io.out(`  ${line}`);
    io.out(key.isNew ? `would write a new key into ${keyFile}` : `would keep the key in ${keyFile}`);
    for (const line of renewalSteps(renewal)) io.out(line);
    await refuseDiffering([configuration(file, text)], isForced);
    if (isStarted) {
      const isReplaced = (await differing([configuration(file, text)])).length > 0;
      await sayCommands(nodeSteps(cluster, { isReplaced, env: io.env }), holding(io, cluster));
    }
    return;
  }
  if (io.signal.aborted) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
  // The key first: a configuration is what tells that a node is set up.
  // One that somebody else has made meanwhile is the cluster's, and stays by force too.
  const keyEntry = { ...(await keyFileWith(keyFile, key.text)), isKept: !key.isThere };
  const files = [keyEntry, configuration(file, text)];
  const isReplaced = (await differing(files)).length > 0;
  const { lines } = await putFiles(files, { isForced });
  for (const line of lines) io.out(line);
  await finish(cluster, { isReplaced, isStarted, renewal }, io);
}

/** Does what this node needs besides, with the configuration that is there. */
async function startHere({ isDryRun }: InitOptions, io: InitIo): Promise<void> {
  const { env, out, machine } = io;
  const config = readConfig(env);
  if (abilitiesOf(config).needsKey) readKeyFile(config.agent.keyFile);
  const cluster = await findCluster(config, env, machine);
  out(`kept: ${config.file}`);
  if (isDryRun)
    return await sayCommands(nodeSteps(cluster, { isReplaced: false, env }), holding(io, cluster));
  await finish(cluster, { isReplaced: false, isStarted: true, renewal: await renewalHere(cluster, io) }, io);
}

async function finish(
  cluster: Cluster,
  told: { readonly isReplaced: boolean; readonly isStarted: boolean; readonly renewal: readonly string[] },
  io: InitIo,
): Promise<void> {
  const steps = nodeSteps(cluster, { ...told, env: io.env });
  try {
    if (told.isStarted) await startNode(steps, holding(io, cluster));
  } finally {
    // The other nodes are to be set up anyway.
    for (const line of stepsAfterInit(cluster, { ...told, steps, env: io.env })) io.out(line);
  }
}

/** The same, for this node. */
export function holding<T extends SetUpIo>(
  io: T,
  cluster: Cluster,
): T & { readonly hold?: Hold | undefined } {
  return { ...io, hold: io.holdFor?.(cluster) };
}

function isNothingGiven(given: GivenSettings): boolean {
  return Object.values(given).every((value) => value === undefined);
}

/** The configuration's file, as it is to be. */
export function configuration(file: string, content: string): NewFile {
  return { file, content, mode: CONFIG_MODE, gid: null };
}

async function newConfiguration(
  file: string,
  { given, keepalived }: InitOptions,
  io: InitIo,
): Promise<{ readonly text: string; readonly cluster: Cluster }> {
  const {
    env,
    ask,
    err,
    out,
    signal,
    machine = thisMachine(),
    interfaces = interfacesHere(),
    look,
    root,
  } = io;
  const { hostname } = machine;
  const found = await findSettings({
    env,
    signal,
    keepalived,
    given,
    hostname,
    interfaces,
    ...(look && { look }),
    ...(root !== undefined && { root }),
  });
  for (const problem of found.problems) print(err, problem);
  const settings = await settle(given, found, { ask, tell: out });
  const { addresses } = machine;
  for (const doubt of await doubtsOf(settings, found, { addresses, signal })) print(err, doubt);
  const keyFile = await keyPlaceFor(file);
  const text = configText(settings, { keyFile: keyFile === DEFAULT_KEY_FILE ? null : keyFile });
  return { text, cluster: await withSelf(file, text, { env, machine }) };
}
