#!/usr/bin/env node
import { runHook } from './run-hook.ts';
import { recordChallenge } from '../lib/batch/record-challenge.ts';
import { readHookEnvironment } from '../lib/certbot/environment.ts';
import { tellDamage } from '../lib/state/damage.ts';
import { launchedBy } from '../lib/state/launched.ts';
import { createPendingStore } from '../lib/state/pending.ts';
import { runOf } from '../lib/state/run-of.ts';
import type { Config } from '../lib/cluster/config.ts';
import { readConfig } from '../lib/cluster/load.ts';
import type { HookIo } from '../lib/base/io.ts';

/**
 * certbot's auth hook. All but the last of a batch only record their challenge, and load no more
 * than that takes: what speaks to the network is imported by the last one alone.
 */
async function auth({ interruption, ...given }: HookIo): Promise<0 | 1 | 2> {
  // Heard before anybody knows whether certbot has to be ended for it.
  const signal = interruption();
  const io = { ...given, interruption: () => signal };
  const config = configOf(io.env);
  if (config.gate.onFailure !== 'abort') return await authenticate(config, io, signal);
  const { orEndCertbot } = await import('../lib/batch/or-end-certbot.ts');
  return await orEndCertbot(io, async (heard) => await authenticate(config, heard, signal));
}

/** Where both are wrong, certbot's environment is what is told of: somebody may have run the hook by hand. */
function configOf(env: NodeJS.ProcessEnv): Config {
  try {
    return readConfig(env);
  } catch (error) {
    readHookEnvironment(env);
    throw error;
  }
}

/** @param signal ends the waiting for other hooks */
async function authenticate(config: Config, io: HookIo, signal: AbortSignal): Promise<0 | 1 | 2> {
  const hook = readHookEnvironment(io.env);
  const { challenge, remainingChallenges, allIdentifiers } = hook;
  const onDamage = tellDamage(io.err);
  const launchers = launchedBy(io.env);
  const store = createPendingStore(config.stateDir, onDamage, launchers);
  const run = runOf(io.pid, allIdentifiers);
  const cluster = await recordChallenge({ config, store, run, io, hook, signal });
  if (remainingChallenges > 0) {
    launchers.open();
    io.out(`${challenge.identifier}: recorded, ${remainingChallenges} more to come`);
    return 0;
  }
  const { presentBatch } = await import('../lib/batch/present-batch.ts');
  return await presentBatch({ cluster, store, run, io, onDamage, hook });
}

void runHook('certbot-ha-auth', auth);
