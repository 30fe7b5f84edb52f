#!/usr/bin/env node
import { auth } from '../lib/hook/auth.ts';
import { runHook } from '../lib/hook/run-hook.ts';

void runHook('certbot-ha-auth', auth);
