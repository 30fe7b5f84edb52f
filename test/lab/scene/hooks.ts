import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { LabNode } from '../lab.ts';

/** An auth hook that has ended well but does not let certbot go on before it is told to. */
export interface PausedHook {
  /** The shell command for certbot. */
  readonly authHook: string;
  /** Resolves when the gate has held. */
  gateHeld(): Promise<void>;
  goOn(): Promise<void>;
}

/** An auth hook that tells which process certbot is. */
export interface TellingHook {
  readonly authHook: string;
  /** SIGKILL to certbot alone: its hook goes on. */
  readonly killCertbot: () => Promise<void>;
}

/** Auth hooks for `issue`; `topic` tells their files apart. */
export interface Hooking {
  pausedHook(on: LabNode, topic: string): PausedHook;
  tellingHook(on: LabNode, topic: string): TellingHook;
  /** An auth hook after which certbot is gone, as soon as so many challenges are still to come. */
  lastWordsHook(remainingChallenges: number): string;
}

export function hooking(): Hooking {
  return {
    pausedHook(on, topic) {
      const at = (name: string) => join(on.paths.stateDir, `test-${topic}-${name}`);
      const [held, go] = [at('held'), at('go')];
      return {
        authHook: `certbot-ha-auth && touch ${held} && until [ -e ${go} ]; do sleep 0.02; done`,
        gateHeld: async () => await fileOn(on, held),
        goOn: async () => await on.writeFile(go, ''),
      };
    },
    tellingHook(on, topic) {
      const file = join(on.paths.stateDir, `test-${topic}-certbot`);
      return {
        authHook: `echo $PPID >${file}; certbot-ha-auth`,
        async killCertbot() {
          await fileOn(on, file);
          await on.check(['kill', '-KILL', (await on.readFile(file)).trim()]);
        },
      };
    },
    lastWordsHook: (remainingChallenges) =>
      `certbot-ha-auth && [ "$CERTBOT_REMAINING_CHALLENGES" != ${remainingChallenges} ] || kill -KILL $PPID`,
  };
}

async function fileOn(node: LabNode, path: string): Promise<void> {
  const isThere = async () => (await node.run(['test', '-e', path])).code === 0;
  await eventually(isThere, { timeoutMs: 30_000, what: `${path} on ${node.name}` });
}
