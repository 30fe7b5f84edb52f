import { once } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import type { AgentApp } from './app.ts';
import { createWebroot } from '../challenge/webroot.ts';
import { readKeyFile } from '../channel/key-file.ts';
import { inboxDirectory } from '../inbox/layout.ts';
import { abilitiesOf } from '../cluster/abilities.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { heldHere } from '../cluster/vips.ts';
import { layoutOf } from '../state/layout.ts';
import { reportDamage } from '../state/damage.ts';
import { createResults, isInstalling } from '../state/outbox.ts';
import { createRecords } from '../state/records.ts';
import { announce } from './announce.ts';
import { CertbotHaError, hasErrorCode } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { startExpiry } from './expiry.ts';
import { notifySystemd } from './notify.ts';
import { logFinding } from './log.ts';
import { createAgentServer } from './server.ts';

export interface AgentOptions {
  readonly cluster: Cluster;
  readonly env: NodeJS.ProcessEnv;
  readonly logger: FastifyBaseLogger;
  /** ends the agent */
  readonly signal: AbortSignal;
}

/**
 * Runs the agent until the signal aborts.
 * @throws {CertbotHaError} `config` for a bad key file or webroot, `failed` when the address cannot be listened on
 */
export async function runAgent({ cluster, env, logger, signal }: AgentOptions): Promise<void> {
  const { config, self } = cluster;
  const keys = readKeyFile(config.agent.keyFile);
  const webroot = createWebroot(self.webroot);
  await webroot.check();
  const inbox = inboxDirectory(cluster);
  const onDamage = reportDamage((found) => logFinding(logger, 'warn', found));
  const app = createAgentServer({
    node: self.name,
    keys,
    webroot,
    heldVips: () => heldHere(cluster),
    inbox,
    requests: layoutOf(config.stateDir).requests,
    nodes: config.nodes.map(({ name }) => name),
    records: createRecords(config.stateDir, onDamage),
    results: createResults(config.stateDir, onDamage),
    isInstalling: async () => await isInstalling(config.stateDir),
    logger,
  });
  await listen(app, self.address, self.agentPort);
  const stopExpiry = startExpiry({
    webroot,
    inbox: abilitiesOf(config).inbox === 'shared' ? null : inbox,
    ttlMs: config.agent.tokenTtlMs,
    logger,
  });
  try {
    logger.info(
      { node: self.name, version: VERSION, address: self.address, port: self.agentPort },
      'listening',
    );
    const trouble = await notifySystemd('READY=1', env);
    if (trouble !== null) logFinding(logger, 'warn', { code: 'systemd-not-notified' }, { trouble });
    announce({ cluster, keys, logger, signal }).catch((error: unknown) => {
      logFinding(logger, 'error', { code: 'peers-not-notified' }, { err: error });
    });
    if (!signal.aborted) await once(signal, 'abort');
    logger.info('stopping');
    await notifySystemd('STOPPING=1', env);
  } finally {
    stopExpiry();
    await app.close();
  }
}

const LISTENING: Readonly<Record<string, 'port-taken' | 'address-not-here' | 'listening-not-allowed'>> = {
  EADDRINUSE: 'port-taken',
  EADDRNOTAVAIL: 'address-not-here',
  EACCES: 'listening-not-allowed',
};

async function listen(app: AgentApp, address: string, port: number): Promise<void> {
  try {
    await app.listen({ host: address, port });
  } catch (error) {
    if (!hasErrorCode(error, 'EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN')) throw error;
    const found = {
      code: LISTENING[error.code] ?? 'cannot-listen',
      address,
      port,
      error: error.code,
    } as const;
    const hint = 'agent.port, or agentPort of the node, names another port';
    throw new CertbotHaError('failed', found, { cause: error, hint });
  }
}
