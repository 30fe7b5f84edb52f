#!/usr/bin/env node
import { cleanup } from '../lib/hook/cleanup.ts';
import { runHook } from '../lib/hook/run-hook.ts';

void runHook('certbot-ha-cleanup', cleanup);
