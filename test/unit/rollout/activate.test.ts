import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { activate } from '../../../lib/rollout/activate.ts';
import type { Activation } from '../../../lib/rollout/activation.ts';
import { OK } from '../../../lib/base/outcome.ts';
import { rollOut } from '../../../lib/rollout/roll-out.ts';
import { stageAll } from '../../../lib/rollout/stage.ts';
import type { Delivery } from '../../../lib/transports/delivery.ts';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { makeBundle, NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test as base, type Issued } from '../../support/lineage/certificates.ts';

const [web1, web2, web3] = ['web1', 'web2', 'web3'].map((name) => ({ name })) as unknown as readonly [
  ClusterNode,
  ClusterNode,
  ClusterNode,
];
const full = () => Object.assign(new Error('ENOSPC: no space left'), { errno: -28, code: 'ENOSPC' });
const fails = async () => {
  throw full();
};
const failing: Delivery = { stage: fails, activate: fails, result: fails };
const { signal } = new AbortController();

const test = base.extend<{ readonly issued: Issued }>({
  issued: async ({ ca }, use) => await use(await ca.issue([NAME])),
});

describe('where the system would not let it', () => {
  test('self refuses, since its file for haproxy cannot be written', async ({ issued, directory }) => {
    const live = await writeIssuerTree(directory, [issued]);
    await mkdir(join(live, 'haproxy.pem'));
    const activation = {
      cluster: { self: web1 },
      lineage: { directory: live },
      webServer: createWebServer({ kind: 'haproxy', test: ['true'], reload: ['true'] }, { env: process.env }),
      signal,
    } as unknown as Activation;
    expect(await activate(web1, activation)).toMatchObject({
      ...{ node: web1, state: 'refused', verdict: null, reason: { code: 'system-error' } },
      messages: [expect.stringMatching(/EISDIR.*haproxy\.pem.* \[system-error\]$/)],
    });
  });

  test('what a peer lacks is outstanding', async ({ issued, directory }) => {
    const bundle = makeBundle(issued, { configDir: directory });
    const sending = { bundle, delivery: failing };
    const activation = { cluster: { self: web1 }, sending, signal } as unknown as Activation;
    expect(await activate(web2, activation)).toMatchObject({
      ...{ node: web2, state: 'outstanding', reason: { code: 'system-error' } },
      messages: ['ENOSPC: no space left [system-error]'],
    });
  });

  test('what a bundle is not staged for is outstanding there alone', async ({ issued, directory }) => {
    const bundle = makeBundle(issued, { configDir: directory });
    const sending = { bundle, delivery: failing };
    expect(await stageAll([web1, web2], sending, { self: web1, signal, io: {} })).toMatchObject({
      staged: [web1],
      failed: [{ node: web2, state: 'outstanding', reason: { code: 'system-error' } }],
    });
  });
});

describe('a web server of self that is broken', () => {
  test.for([
    [
      'for another reason',
      'test',
      '[emerg] unknown directive "this" in broken.conf:1',
      'outstanding',
      ['web1', 'web2'],
    ],
    [
      'by the certificate',
      'test',
      '[emerg] cannot load certificate "LIVE/fullchain.pem"',
      'refused',
      ['web1'],
    ],
    ['as its file in the archive says', 'test', '[emerg] bad "ARCHIVE/cert1.pem"', 'refused', ['web1']],
    [
      'so that it cannot be reloaded',
      'reload',
      'nginx.service is not active',
      'outstanding',
      ['web1', 'web2'],
    ],
  ] as const)(
    '%s keeps the holder from it only where it names the lineage',
    async ([, verb, words, state, tried], { issued, directory }) => {
      const live = await writeIssuerTree(directory, [issued]);
      const said = words.replace('LIVE', live).replace('ARCHIVE', join(directory, 'archive', NAME));
      const fails = ['sh', '-c', `echo '${said}' >&2; exit 1`];
      const commands = { kind: 'nginx' as const, test: ['true'], reload: ['true'], [verb]: fails };
      const activation = {
        cluster: { self: web1 },
        lineage: { directory: live },
        sending: {},
        webServer: createWebServer(commands, { env: process.env }),
        signal,
      } as unknown as Activation;
      const nodes: string[] = [];
      const endings = await rollOut({ backups: [web1], holders: [web2] }, async (node) => {
        nodes.push(node.name);
        if (node === web1) return await activate(node, activation);
        return { node, state: 'served', verdict: null, reason: null, messages: [] };
      });
      expect(endings[0]).toMatchObject({ state, reason: { code: `web-server-${verb}-failed` } });
      expect(nodes).toEqual(tried);
    },
  );

  test('is not what an interruption of its test says', async ({ issued, directory }) => {
    const live = await writeIssuerTree(directory, [issued]);
    const interruption = new AbortController();
    const commands = { kind: 'nginx' as const, test: ['sleep', '60'], reload: ['true'] };
    const activating = activate(web1, {
      cluster: { self: web1 },
      lineage: { directory: live },
      webServer: createWebServer(commands, { env: process.env }),
      signal: interruption.signal,
    } as unknown as Activation);
    setTimeout(() => interruption.abort(), 100);
    expect(await activating).toMatchObject({
      state: 'outstanding',
      reason: { end: 'sleep was stopped: interrupted' },
    });
  });

  test("is not what an interruption of a peer's installer says", async ({ issued, directory }) => {
    const bundle = makeBundle(issued, { configDir: directory });
    const interruption = new AbortController();
    const delivery: Delivery = {
      stage: fails,
      activate: async () => OK,
      result: async () => {
        interruption.abort();
        return null;
      },
    };
    const sending = { bundle, delivery };
    const activation = { cluster: { self: web1 }, sending, signal: interruption.signal };
    expect(await activate(web2, activation as unknown as Activation)).toMatchObject({
      state: 'outstanding',
      reason: { code: 'answer-wait-interrupted' },
    });
  });
});

describe("what a peer's installer says", () => {
  const said = Array.from({ length: 200 }, () => 'A');
  const refusal: Finding = { code: 'web-server-test-failed', command: 'nginx -t', end: 'exit 1', said };
  const asked = async (findings: readonly Finding[], bundle: ReturnType<typeof makeBundle>) => {
    const answer = { id: 'b'.repeat(64), lineage: null, state: 'rolled back', messages: [], at: '' } as const;
    const delivery: Delivery = {
      stage: fails,
      activate: async () => OK,
      result: async () => ({ ...answer, findings }),
    };
    const sending = { bundle, delivery };
    return await activate(web2, { cluster: { self: web1 }, sending, signal } as unknown as Activation);
  };

  test('is printed up to what anybody reads, and how much more there is', async ({ issued, directory }) => {
    const bundle = makeBundle(issued, { configDir: directory });
    const { messages } = await asked(
      Array.from({ length: 40 }, () => refusal),
      bundle,
    );
    expect(messages).toHaveLength(200);
    expect(messages[0]).toBe('installer rolled back [installer-rolled-back]');
    expect(messages.at(-1)).toBe('  and 7842 more lines');
  });

  test('is the reason that is kept, and not only that it was something', async ({ issued, directory }) => {
    const bundle = makeBundle(issued, { configDir: directory });
    expect(await asked([refusal], bundle)).toMatchObject({ state: 'refused', reason: refusal });
    expect(await asked([], bundle)).toMatchObject({ reason: { code: 'installer-rolled-back' } });
  });
});

base('a bug in one activation waits for the ends of those beside it', async () => {
  let isEnded = false;
  const rolling = rollOut({ backups: [web1, web2, web3], holders: [] }, async (node) => {
    if (node === web2) throw new TypeError('bug');
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (node === web3) isEnded = true;
    return { node, state: 'served', verdict: null, reason: null, messages: [] };
  });
  await expect(rolling).rejects.toThrow('bug');
  expect(isEnded).toBe(true);
});
