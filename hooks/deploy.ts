#!/usr/bin/env node
import { runHook } from './run-hook.ts';
import { existsSync } from 'node:fs';
import { readDeployEnvironment } from '../lib/certbot/environment.ts';
import { CertbotHaError } from '../lib/base/errors.ts';
import type { HookIo } from '../lib/base/io.ts';

/** certbot's deploy hook. What reads certificates and speaks TLS is loaded when the environment is good. */
async function deploy(io: HookIo): Promise<0 | 1 | 2> {
  const { lineage, names } = readDeployEnvironment(io.env);
  const { loadCluster } = await import('../lib/cluster/load.ts');
  const cluster = await loadCluster(io.env);
  if (!existsSync(lineage)) {
    throw new CertbotHaError('environment', { code: 'lineage-missing', directory: lineage });
  }
  const { deploy: deployLineage } = await import('../lib/rollout/deploy.ts');
  const { tellDamage } = await import('../lib/state/damage.ts');
  const { openState } = await import('../lib/state/state.ts');
  const state = openState(cluster.config, tellDamage(io.err));
  const signal = io.interruption();
  return await deployLineage({ cluster, state, directory: lineage, names, isIssued: true, io, signal });
}

void runHook('certbot-ha-deploy', deploy);
