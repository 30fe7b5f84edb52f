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
    expect(await stageAll([web1, web2], sending, { self: web1, signal })).toMatchObject({
      staged: [web1],
      failed: [{ node: web2, state: 'outstanding', reason: { code: 'system-error' } }],
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
