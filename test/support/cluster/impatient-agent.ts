import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentLimits } from '../../../lib/agent/server.ts';
import { createWebroot } from '../../../lib/challenge/webroot.ts';
import { expect, test as base } from '../temporary.ts';
import { serveAgent, type Served as Agent } from './agent-server.ts';

export { expect };

const PATIENCE: AgentLimits = {
  handshakeTimeoutMs: 400,
  requestTimeoutMs: 600,
  idleTimeoutMs: 600,
  maxConnections: 4,
};

export interface Served extends Agent {
  readonly root: string;
  /** the challenge directory */
  readonly there: string;
}

/** An agent's server with little patience, on a free port. */
export const test = base.extend<{ readonly agent: Served }>({
  agent: async ({ directory }, use) => {
    const root = join(directory, 'webroot');
    await mkdir(root);
    const webroot = createWebroot(root);
    await webroot.check();
    const own = { webroot, heldVips: () => ['192.0.2.10'], limits: PATIENCE, level: 'info' };
    const agent = await serveAgent(directory, own);
    await use({ ...agent, root, there: webroot.directory });
    await agent.close();
  },
});

export const JSON_TYPE = { 'content-type': 'application/json' };
export const present = (challenges: unknown) => ({ challenges });
