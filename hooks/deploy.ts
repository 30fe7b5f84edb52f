#!/usr/bin/env node
import { deploy } from '../lib/hook/deploy.ts';
import { runHook } from '../lib/hook/run-hook.ts';

void runHook('certbot-ha-deploy', deploy);
