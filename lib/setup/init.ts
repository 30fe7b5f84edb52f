import { dirname, join, resolve } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { print } from '../base/print.ts';
import { findCluster, type Cluster } from '../cluster/cluster.ts';
import { configOf, DEFAULT_CONFIG_FILE } from '../cluster/config.ts';
import { configFileOf } from '../cluster/load.ts';
import { interfacesHere, thisMachine, type InterfaceAddress, type Machine } from '../cluster/machine.ts';
import { exists } from '../system/read-file.ts';
import { configText } from './compose.ts';
import { findSettings } from './find.ts';
import { keptOrNewKey, keyFileWith } from './key.ts';
import { stepsAfterInit } from './next-steps.ts';
import type { NameOf } from './names.ts';
import { differing, putFiles, refuseDiffering, type NewFile } from './put-files.ts';
import { settle, type Ask, type GivenSettings } from './settings.ts';

/** What the set-up has of its process and its host. */
export interface SetUpIo {
  readonly env: NodeJS.ProcessEnv;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface InitOptions {
  readonly given: GivenSettings;
  /** replaces what is there, with copies; a key that can be used stays */
  readonly isForced: boolean;
  /** shows what would be written, but the key */
  readonly isDryRun: boolean;
  /** keepalived's configuration */
  readonly keepalived: string;
}

export interface InitIo extends SetUpIo {
  /** null: there is nobody to ask */
  readonly ask: Ask | null;
  readonly signal: AbortSignal;
  readonly machine?: Machine;
  readonly interfaces?: readonly InterfaceAddress[];
  readonly look?: NameOf;
}

const CONFIG_MODE = 0o644;

/**
 * Makes configuration and key on the first node of a cluster, and says what comes next.
 * @throws {CertbotHaError} where something is missing or wrong, or files are there already; then nothing was written
 */
export async function initCluster(options: InitOptions, io: InitIo): Promise<void> {
  const { isForced, isDryRun } = options;
  const file = resolve(configFileOf(io.env));
  // Nobody is to answer questions in vain.
  if (io.ask !== null && !isForced && (await exists(file)))
    await refuseDiffering([configuration(file, '')], false);
  const { text, cluster } = await newConfiguration(file, options, io);
  const { keyFile } = cluster.config.agent;
  const key = await keptOrNewKey(keyFile, isForced);
  if (isDryRun) {
    io.out(`would write ${file}:`);
    for (const line of text.trimEnd().split('\n')) io.out(`  ${line}`);
    io.out(key === null ? `would keep the key in ${keyFile}` : `would write a new key into ${keyFile}`);
    await refuseDiffering([configuration(file, text)], isForced);
    return;
  }
  if (io.signal.aborted) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
  // The key first: a configuration is what tells that a node is set up.
  const keys = key === null ? [] : [await keyFileWith(keyFile, key)];
  const files = [...keys, configuration(file, text)];
  const isReplaced = (await differing(files)).length > 0;
  const { lines } = await putFiles(files, { isForced });
  if (key === null) io.out(`kept: ${keyFile}`);
  for (const line of lines) io.out(line);
  for (const line of stepsAfterInit(cluster, isReplaced)) io.out(line);
}

/** The configuration's file, as it is to be. */
export function configuration(file: string, content: string): NewFile {
  return { file, content, mode: CONFIG_MODE, gid: null };
}

async function newConfiguration(
  file: string,
  { given, keepalived }: InitOptions,
  { env, ask, err, out, signal, machine = thisMachine(), interfaces = interfacesHere(), look }: InitIo,
): Promise<{ readonly text: string; readonly cluster: Cluster }> {
  const { hostname } = machine;
  const found = await findSettings({ env, signal, keepalived, hostname, interfaces, ...(look && { look }) });
  for (const problem of found.problems) print(err, problem);
  const settings = await settle(given, found, { ask, tell: out });
  const keyFile = join(dirname(file), 'cluster.key');
  const isUsual = dirname(file) === dirname(DEFAULT_CONFIG_FILE);
  const text = configText(settings, { keyFile: isUsual ? null : keyFile });
  return { text, cluster: await withSelf(file, text, { env, machine }) };
}

/**
 * The cluster of a configuration that is not in place yet.
 * @throws {CertbotHaError} `config` where it is wrong, or this host none of its nodes
 */
export async function withSelf(
  file: string,
  text: string,
  { env, machine }: { readonly env: NodeJS.ProcessEnv; readonly machine?: Machine },
): Promise<Cluster> {
  const config = configOf(file, text);
  try {
    return await findCluster(config, env, machine);
  } catch (error) {
    const isNobody = error instanceof CertbotHaError && error.findings[0]?.code === 'node-unknown';
    if (!isNobody) throw error;
    const hint = 'one of the nodes has to be this host; CERTBOT_HA_NODE=NAME in the environment says which';
    throw new CertbotHaError('config', error.findings, { cause: error, hint });
  }
}
