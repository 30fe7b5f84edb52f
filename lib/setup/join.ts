import { resolve } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import { configFileOf, readConfig } from '../cluster/load.ts';
import type { Machine } from '../cluster/machine.ts';
import { readTextNow } from '../system/read-now.ts';
import { handoverText, readHandover } from './handover.ts';
import { configuration, holding, type SetUpIo } from './init.ts';
import { keyFileWith, keyText } from './key.ts';
import { renewalSteps, stepsAfterJoin } from './next-steps.ts';
import { nodeSteps } from './node-steps.ts';
import { differing, putFiles, refuseDiffering } from './put-files.ts';
import { renewalHere } from './renewal.ts';
import { sayCommands, startNode } from './start-node.ts';
import { withSelf } from './this-host.ts';

export interface JoinOptions {
  readonly isForced: boolean;
  readonly isDryRun: boolean;
  /** does what this node needs besides */
  readonly isStarted: boolean;
}

/**
 * This node's configuration and key, for `joinCluster` on another one. A secret.
 * @throws {CertbotHaError} `config` where one of them cannot be used, or is for this node alone
 */
export function setUpOf(env: NodeJS.ProcessEnv): string {
  const { agent, self, file } = readConfig(env);
  if (self !== null) {
    const hint = `take self out of ${file}: CERTBOT_HA_NODE=${self} in the environment says the same for this node alone`;
    throw new CertbotHaError('config', { code: 'self-in-export', file, node: self }, { hint });
  }
  return handoverText({ config: readTextNow(configFileOf(env)), key: keyText(agent.keyFile) });
}

/**
 * Puts configuration and key of a cluster in place on another of its nodes.
 * @param text what `setUpOf` has made
 * @throws {CertbotHaError} where it is something else, or this host none of the nodes, or files are there already; then nothing was
 * written
 */
export async function joinCluster(
  text: string,
  { isForced, isDryRun, isStarted }: JoinOptions,
  io: SetUpIo & { readonly machine?: Machine },
): Promise<void> {
  const { env, out, root, signal, machine } = io;
  const { config, key } = readHandover(text);
  const file = resolve(configFileOf(env));
  const cluster = await withSelf(file, config, { env, ...(machine && { machine }) });
  const { keyFile } = cluster.config.agent;
  out(`this node is ${cluster.self.name} (${cluster.self.address})`);
  if (isDryRun) {
    out(`would write ${file}:`);
    for (const line of config.trimEnd().split('\n')) out(`  ${line}`);
    out(`would write the key into ${keyFile}`);
  }
  const renewal = await renewalHere(cluster, { env, signal, ...(root !== undefined && { root }) });
  if (isDryRun) for (const line of renewalSteps(renewal)) out(line);
  const files = [await keyFileWith(keyFile, key), configuration(file, config)];
  const isReplaced = (await differing(files)).length > 0;
  const steps = nodeSteps(cluster, { isReplaced, env });
  if (isDryRun) {
    await refuseDiffering(files, isForced);
    if (isStarted) await sayCommands(steps, holding(io, cluster));
    return;
  }
  if (signal.aborted) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
  const { lines } = await putFiles(files, { isForced });
  for (const line of lines) out(line);
  try {
    if (isStarted) await startNode(steps, holding(io, cluster));
  } finally {
    for (const line of stepsAfterJoin({ steps, isStarted, isReplaced, env, renewal })) out(line);
  }
}
