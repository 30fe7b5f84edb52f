import { lineOf } from '../../../lib/findings/words.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { conclude } from '../../../lib/rollout/conclude.ts';
import { createOutstanding, outstandingAt } from '../../../lib/state/outstanding.ts';
import { eventsIn } from '../../support/cluster/event-files.ts';
import { noDamage } from '../../support/no-damage.ts';
import type { NodeEnding } from '../../../lib/rollout/roll-out.ts';
import { targetsOf, type Target } from '../../../lib/cluster/target.ts';
import type { ServedCertificate } from '../../../lib/gate/served-certificate.ts';
import type { TargetState, Verdict } from '../../../lib/gate/verdict.ts';
import { expect, test as base } from '../../support/temporary.ts';

const VIP = 'vip 192.0.2.100';
const LINEAGE = 'www.example.test';
const node = (name: string, isDrained = false): ClusterNode => ({
  ...{ name, address: `192.0.2.${name.slice(-1)}`, isDrained, agentPort: 1 },
  ...{ webroot: '/srv', httpPort: 80, httpsPort: 443 },
});
const [web1, web2, web3, web4] = [node('web1'), node('web2'), node('web3'), node('web4', true)];

const ANOTHER: ServedCertificate = {
  kind: 'another',
  leaf: { sha256: 'b'.repeat(64), serial: '01', notBefore: '', notAfter: '' },
};

interface Scene {
  /** what the last look sees, by the target's name; `served` where nothing is said */
  readonly seen?: Readonly<Record<string, TargetState>>;
  readonly endings: readonly NodeEnding[];
  readonly unreached?: readonly NodeEnding[];
  /** somebody ends that last look */
  readonly isInterrupted?: true;
}

const test = base.extend<{
  readonly run: (scene: Scene) => Promise<{
    code: 0 | 1;
    said: string[];
    outstanding: Record<string, string>;
    asked: string[];
    events: string[];
  }>;
}>({
  run: async ({ directory }, use) => {
    const stateDir = join(directory, 'state');
    await mkdir(stateDir);
    const config = {
      ...{
        nodes: [web1, web2, web3, web4],
        vips: ['192.0.2.100'],
        stateDir,
        gate: { httpPort: 80, httpsPort: 443 },
      },
      webServer: { kind: 'nginx' },
    } as unknown as Config;
    const cluster: Cluster = { config, self: web1, peers: [web2, web3, web4] };
    await use(async ({ endings, unreached = [], seen = {}, isInterrupted }) => {
      const leaf = { sha256: 'a'.repeat(64), serial: '01', notBefore: '', notAfter: '' };
      const book = createOutstanding(stateDir, noDamage);
      await book.add(
        [web1, web2, web3].map((one) =>
          outstandingAt(one, { lineage: LINEAGE, leaf }, { code: 'delivery-begun' }),
        ),
      );
      const said: string[] = [];
      const asked: string[] = [];
      const gate = async (targets: readonly Target[]): Promise<Verdict> => {
        asked.push(...targets.map(({ name }) => name));
        const reports = targets.map((target) => {
          const state = seen[target.name] ?? 'served';
          return {
            target,
            state,
            attempts: 1,
            elapsedMs: 1,
            missing: [],
            reason: state === 'served' ? null : ({ code: 'no-time-left' } as const),
            unsent: null,
          };
        });
        const isMet = reports.every(({ state }) => state === 'served');
        return { isMet, elapsedMs: 1, targets: reports, ...(isInterrupted && { isInterrupted }) };
      };
      const probe = async ({ name, kind }: Target) =>
        kind === 'vip' || name === 'web1' ? ANOTHER : ({ kind: 'wanted' } as const);
      const code = await conclude(endings, {
        cluster,
        directory: `/etc/letsencrypt/live/${LINEAGE}`,
        leaf,
        isFirst: true,
        nodes: [web1, web2, web3],
        targets: targetsOf(cluster),
        unreached,
        sight: { gate, probe },
        writeDown: async ({ done, outstanding }) => {
          for (const { name } of done) await book.done(name, LINEAGE, [leaf.sha256]);
          await book.add(
            [...outstanding].map(([one, reason]) => outstandingAt(one, { lineage: LINEAGE, leaf }, reason)),
          );
        },
        io: { out: (line) => void said.push(line), err: (line) => void said.push(line) },
      });
      const list = Object.fromEntries((await book.list()).map(({ node, reason }) => [node, lineOf(reason)]));
      const gates = await eventsIn(stateDir, { only: ({ event }) => event === 'certificate-gate' });
      const events = gates.map(({ target, outcome }) => `${target} ${outcome}`);
      return { code, said, outstanding: list, asked, events };
    });
  },
});

const served = (...nodes: readonly ClusterNode[]): NodeEnding[] =>
  nodes.map((one) => ({ node: one, state: 'served', verdict: null, reason: null, messages: [] }));

describe('the end of a roll-out', () => {
  test('leaves nothing outstanding when every node and VIP serves it', async ({ run }) => {
    const { code, outstanding, asked } = await run({ endings: served(web2, web3, web1) });
    expect({ code, outstanding }).toEqual({ code: 0, outstanding: {} });
    expect(asked).toEqual(['web1', 'web2', 'web3', VIP]);
  });

  test('is outstanding at a node that served it and does not any more', async ({ run }) => {
    const { code, outstanding, said } = await run({
      endings: served(web2, web3, web1),
      seen: { web2: 'failing' },
    });
    expect(code).toBe(1);
    expect(outstanding).toEqual({ web2: 'no answer before the time was over [no-time-left]' });
    expect(said.at(-1)).toContain('certbot-ha sync');
  });

  test('counts as a failure of a gate what was not seen in time, and not what somebody has ended', async ({
    run,
  }) => {
    const scene = { endings: served(web2, web3, web1), seen: { [VIP]: 'silent' } } as const;
    const whole = ['web1 ok', 'web2 ok', 'web3 ok'];
    expect(await run({ ...scene, isInterrupted: true })).toMatchObject({ code: 1, events: whole });
    const { events } = await run(scene);
    expect(events.slice(whole.length)).toEqual([...whole, '192.0.2.100 no-time-left']);
  });

  test('fails for a VIP that does not serve it, which no node is to blame for', async ({ run }) => {
    const { code, outstanding, said } = await run({
      endings: served(web2, web3, web1),
      seen: { [VIP]: 'silent' },
    });
    expect({ code, outstanding }).toEqual({ code: 1, outstanding: {} });
    expect(said.join('\n')).toContain('vip 192.0.2.100: no answer before the time was over');
    expect(said.at(-1)).toBe(
      '  every node has taken it, so nothing is tried again; who holds the VIP tells: certbot-ha status',
    );
  });

  test('is outstanding at a node that could not be reached, and looks at the others', async ({ run }) => {
    const down: NodeEnding = {
      node: web2,
      state: 'outstanding',
      verdict: null,
      reason: { code: 'agent-silent' },
      messages: ['its agent gave no answer in time [agent-silent]'],
    };
    const { code, outstanding, asked } = await run({ endings: served(web3, web1), unreached: [down] });
    expect({ code, outstanding }).toEqual({
      code: 1,
      outstanding: { web2: 'its agent gave no answer in time [agent-silent]' },
    });
    expect(asked).toEqual(['web1', 'web3', VIP]);
  });

  test('that was stopped is outstanding at the one that refused it and at those that were not tried', async ({
    run,
  }) => {
    const reason = { code: 'installer-rolled-back' } as const;
    const refused: NodeEnding = {
      node: web2,
      state: 'refused',
      verdict: null,
      reason,
      messages: [lineOf(reason)],
    };
    const { code, outstanding, asked, said } = await run({ endings: [refused] });
    expect({ code, outstanding, asked }).toEqual({
      code: 1,
      outstanding: {
        web1: 'not activated: the roll-out has stopped [not-activated]',
        web2: 'installer rolled back [installer-rolled-back]',
        web3: 'not activated: the roll-out has stopped [not-activated]',
      },
      asked: [],
    });
    expect(said.slice(1)).toEqual([
      '  web2 192.0.2.2: roll-out stopped: installer rolled back [installer-rolled-back]',
      '  web1 192.0.2.1: not activated, serves another certificate of this name (serial 01) [other-certificate-served]',
      '  web2 192.0.2.2: serves the new certificate',
      '  web3 192.0.2.3: not activated, serves the new certificate',
      '  vip 192.0.2.100: serves another certificate of this name (serial 01) [other-certificate-served]',
      '  no other node was changed or rolled back; fix what is named above, then: certbot-ha deploy',
    ]);
  });
});
