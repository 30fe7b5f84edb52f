#!/usr/bin/env node
import { runHook } from './run-hook.ts';
import { readHookEnvironment } from '../lib/certbot/environment.ts';
import type { HookIo } from '../lib/base/io.ts';

/**
 * certbot's clean-up hook. The batch is cleaned up as a whole by the last one; the others have
 * nothing to do. Where the last one never comes, the batch's last auth hook notices that certbot
 * has ended, or the next run finds what is left.
 */
async function cleanup(io: HookIo): Promise<0 | 1 | 2> {
  const hook = readHookEnvironment(io.env);
  if (hook.remainingChallenges > 0) return 0;
  const { cleanUpBatch } = await import('../lib/batch/clean-up-batch.ts');
  await cleanUpBatch(hook, io);
  return 0;
}

void runHook('certbot-ha-cleanup', cleanup);
