import { join } from 'node:path';
import { eventually } from '../lab/eventually.ts';
import type { LabNode } from '../lab/lab.ts';

/** An auth hook that has ended well but does not let certbot go on before it is told to. */
export interface PausedHook {
  /** The shell command for certbot. */
  readonly authHook: string;
  /** Resolves when the gate has held. */
  gateHeld(): Promise<void>;
  goOn(): Promise<void>;
}

export function pausedHook(node: LabNode, topic: string): PausedHook {
  const [held, go] = ['held', 'go'].map((name) => join(node.paths.stateDir, `test-${topic}-${name}`)) as [
    string,
    string,
  ];
  return {
    authHook: `certbot-ha-auth && touch ${held} && until [ -e ${go} ]; do sleep 0.02; done`,
    gateHeld: async () => await fileOn(node, held),
    goOn: async () => await node.writeFile(go, ''),
  };
}

/** An auth hook that tells which process certbot is. */
export interface TellingHook {
  readonly authHook: string;
  /** SIGKILL to certbot alone: its hook goes on. */
  readonly killCertbot: () => Promise<void>;
}

export function tellingHook(node: LabNode, topic: string): TellingHook {
  const file = join(node.paths.stateDir, `test-${topic}-certbot`);
  return {
    authHook: `echo $PPID >${file}; certbot-ha-auth`,
    async killCertbot() {
      await fileOn(node, file);
      await node.check(['kill', '-KILL', (await node.readFile(file)).trim()]);
    },
  };
}

/** An auth hook after which certbot is gone, as soon as so many challenges are still to come. */
export function lastWordsHook(remaining: number): string {
  return `certbot-ha-auth && [ "$CERTBOT_REMAINING_CHALLENGES" != ${remaining} ] || kill -KILL $PPID`;
}

async function fileOn(node: LabNode, path: string): Promise<void> {
  const isThere = async () => (await node.run(['test', '-e', path])).code === 0;
  await eventually(isThere, { timeoutMs: 30_000, what: `${path} on ${node.name}` });
}
