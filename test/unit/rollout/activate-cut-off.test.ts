import { onTestFinished } from 'vitest';
import type { ClusterNode } from '../../../lib/cluster/config.ts';
import { readLineage } from '../../../lib/lineage/lineage.ts';
import { activate } from '../../../lib/rollout/activate.ts';
import type { Activation } from '../../../lib/rollout/activation.ts';
import { createWebServer } from '../../../lib/webserver/web-server.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { NAME, writeIssuerTree } from '../../support/lineage/bundle.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { deaf } from '../../support/programs/deaf-server.ts';

test.for([
  ['nothing', 'answer-wait-interrupted'],
  ['the one before', 'other-certificate-served'],
] as const)(
  'who is interrupted while a node still shows %s has it outstanding, and not refused',
  async ([shown, code], { ca, directory }) => {
    const site = shown === 'nothing' ? await deaf('127.0.0.1') : await serveTls(await ca.issue([NAME]));
    onTestFinished(async () => await ('kill' in site ? site.kill() : site.close()));
    const live = await writeIssuerTree(directory, [await ca.issue([NAME])]);
    const self = { name: 'web1', address: '127.0.0.1', httpsPort: site.port };
    const interruption = new AbortController();
    const target = { ...self, kind: 'node', node: self, isSelf: true, isDrained: false };
    // What has been shown has to have been seen: a look is three handshakes at the most.
    const timer = setInterval(() => {
      if (!('asked' in site) || site.asked.length > 3) interruption.abort();
    }, 300);
    onTestFinished(() => clearInterval(timer));
    const activation = {
      ...{ names: [NAME], services: null, usage: { isUsed: () => true }, sending: {} },
      cluster: { self, config: { gate: { timeoutMs: 60_000 } } },
      lineage: await readLineage(live),
      webServer: createWebServer({ kind: 'none', test: null, reload: null }, { env: process.env }),
      answersFor: () => [target],
      signal: interruption.signal,
    };
    expect(await activate(self as ClusterNode, activation as unknown as Activation)).toMatchObject({
      ...{ state: 'outstanding', reason: { code } },
    });
  },
);
