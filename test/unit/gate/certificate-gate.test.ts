import { X509Certificate } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Service } from '../../../lib/cluster/service.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { holdCertificateGate } from '../../../lib/gate/certificate-gate.ts';
import { seeUsage } from '../../../lib/gate/usage.ts';
import type { Lineage } from '../../../lib/lineage/lineage.ts';
import { freePort } from '../../support/cluster/addresses.ts';
import { serveTls } from '../../support/cluster/tls-site.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';

const target = { kind: 'node', name: 'web1', address: '127.0.0.1', httpsPort: 1 } as Target;

async function gate(issued: Issued, services: readonly Service[]) {
  const signal = AbortSignal.timeout(10_000);
  const leaf = new X509Certificate(issued.certificate);
  const [targets, names] = [[target], ['a.test']];
  // Nothing was served before, and it is the first: whoever is not asked would not have to serve it.
  const usage = await seeUsage(targets, { certificate: leaf, names, services, signal });
  const lineage = { leaf, generations: 1 } as Lineage;
  const verdict = await holdCertificateGate(lineage, {
    ...{ targets, names, services, usage, timeoutMs: 1_500, signal },
  });
  return { isMet: verdict.isMet, states: verdict.targets.map(({ state, missing }) => [state, missing]) };
}

test('each port that is said has to serve it, from the first certificate on', async ({ ca }) => {
  const issued = await ca.issue(['a.test']);
  const { port, close } = await serveTls(issued);
  onTestFinished(close);
  const silent = await freePort(['127.0.0.1']);
  const at = (number: number): Service => ({ port: number, starttls: null });
  expect(await gate(issued, [at(port)])).toEqual({ isMet: true, states: [['served', []]] });
  expect(await gate(issued, [at(port), at(silent)])).toEqual({
    ...{ isMet: false, states: [['silent', [`a.test:${silent}`]]] },
  });
});
