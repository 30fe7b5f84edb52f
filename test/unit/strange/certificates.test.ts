import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import * as fc from 'fast-check';
import { onTestFinished } from 'vitest';
import type { Target } from '../../../lib/cluster/target.ts';
import { linesOf } from '../../../lib/findings/words.ts';
import { namesAt, wordsOfNameAt, type NameAt } from '../../../lib/gate/name-at.ts';
import { createCertificateProbe } from '../../../lib/gate/certificate-probe.ts';
import { holdGate } from '../../../lib/gate/gate.ts';
import { leafOf, timeOf } from '../../../lib/lineage/generation.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { serveTls, credentialsOf } from '../../support/cluster/tls-site.ts';
import { expect, test } from '../../support/lineage/certificates.ts';
import { runs, timeFor } from '../../support/strange/runs.ts';
import { flipped } from '../../support/strange/trees.ts';

/** Dates, names and serials that are none; a key that is another would end the handshake. */
const FLIPS = fc.array(fc.tuple(fc.nat(399), fc.nat(255)), { minLength: 1, maxLength: 6 });

test(
  'whatever certificate is presented, it fails alone, with words',
  { timeout: timeFor(30_000) },
  async ({ ca }) => {
    const [wanted, other] = [await ca.issue(['a.test']), await ca.issue(['a.test', '*.b.test', '192.0.2.1'])];
    const [good, odd] = [await serveTls(wanted), await serveTls(other)];
    onTestFinished(async () => void (await Promise.all([good.close(), odd.close()])));
    const certificate = new X509Certificate(wanted.certificate);
    const targets = [good, odd].map(({ port }, index): Target => ({
      ...{ kind: 'node', name: `web${index + 1}`, address: '127.0.0.1', httpPort: port, httpsPort: port },
      ...{ isSelf: index === 0, isDrained: false, node: null },
    }));
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(FLIPS, async (flips) => {
        const forged = { ...other, certificate: flipped(other.certificate, flips) };
        try {
          createSecureContext(credentialsOf(forged));
        } catch {
          return; // no server could show that
        }
        shown += 1;
        odd.use(forged);
        const over = new AbortController();
        const { targets: reports } = await holdGate<NameAt>({
          ...{
            targets,
            subjects: namesAt(['a.test'], null),
            nameOf: wordsOfNameAt,
            require: 'all',
            timeoutMs: 5_000,
          },
          probe: createCertificateProbe({
            ...{ certificate, isFirst: false, usage: { isUsed: () => true }, reloadedAtMs: 0 },
          }),
          signal: AbortSignal.any([over.signal, deadline(5_000)]),
          onChange: (seen) => void (seen.every(({ attempts }) => attempts > 0) && over.abort()),
        });
        expect(reports[0]?.state).toBe('served');
        expect(reports[1]?.reason?.code).not.toBe('internal-error');
        for (const { reason } of reports)
          expect(reason === null ? ' ' : linesOf(reason).join('')).toMatch(/^[^\p{Cc}]+$/u);
        const { notBefore, notAfter } = leafOf(new X509Certificate(forged.certificate));
        expect([timeOf(notBefore), timeOf(notAfter)].join()).toMatch(/^[-+\d]+-\d\d-\d\dT\S+Z$/);
      }),
      runs(60),
    );
    expect(shown).toBeGreaterThan(0);
  },
);
