import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDelivery, readLineages, readStatus } from '../../../lib/channel/answers.ts';
import { refusalOf } from '../../../lib/channel/refusal.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { readFinding } from '../../../lib/findings/read.ts';
import { parseManifest } from '../../../lib/lineage/manifest.ts';
import { sorted } from '../../../lib/peers/survey.ts';
import { stamped } from '../../../lib/state/stamped.ts';
import { explainRsync } from '../../../lib/transports/rsync/exit.ts';
import { runs, timeFor } from '../../support/strange/runs.ts';
import { spoiled } from '../../support/strange/texts.ts';
import { expectedOf, expectWords } from '../../support/strange/words.ts';

const BINARY = fc.string({ unit: 'binary', maxLength: 120 });
const EACH = runs(300);

const LEAF = {
  ...{ sha256: 'a'.repeat(64), serial: '01' },
  ...{ notBefore: '2026-11-24T00:00:00.000Z', notAfter: '2027-02-24T00:00:00.000Z' },
};
const OTHER = {
  sha256: 'b'.repeat(64),
  stamp: '2026-11-20T00:00:00.000Z',
  notAfter: '2027-02-24T00:00:00.000Z',
};
const RECORD = {
  ...{
    lineage: 'a.test',
    leaf: LEAF,
    stamp: '2026-11-24T07:00:00.000Z',
    others: [OTHER],
    number: 1,
    numberHere: 1,
  },
  ...{
    names: ['a.test'],
    from: 'web1',
    installedAt: '2026-11-24T07:00:00.000Z',
    goneSince: '2026-11-24T07:00:00.000Z',
  },
  lacksAccount: 'c'.repeat(32),
  lacksServer: 'https://ca.test/dir',
};
const FOUND = { code: 'connection-refused', who: 'node', port: 80, error: 'ECONNREFUSED' };
const SAID = [
  {
    lineages: [RECORD],
    deleted: [{ lineage: 'b.test', stamp: OTHER.stamp, from: 'web1', isForced: false, others: [OTHER] }],
  },
  { node: 'web2', version: '0.1.0', uptimeSeconds: 1, vips: ['192.0.2.1'], challenges: 0 },
  {
    ...{
      id: 'a'.repeat(64),
      lineage: 'a.test',
      state: 'failed',
      findings: [FOUND],
      messages: ['x [connection-refused]'],
    },
    at: OTHER.stamp,
  },
];

describe('whatever a peer tells', { timeout: timeFor(10_000) }, () => {
  test('is what it should be, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(...SAID.map(spoiled)), (value) => {
        const now = new Date();
        readStatus(value);
        const delivery = readDelivery(value);
        expectWords(...(delivery !== null && 'findings' in delivery ? delivery.findings : []));
        const { installed, ahead } = sorted(readLineages(value)?.lineages ?? [], now);
        for (const { leaf } of installed) {
          const { stamp } = stamped(leaf, { own: null, peers: installed, now });
          for (const time of [stamp, leaf.notBefore, leaf.notAfter]) expect(Date.parse(time)).not.toBeNaN();
        }
        for (const { lineage, stamp = '' } of ahead)
          expectWords({ code: 'stamp-ahead', lineage, stamp, here: now.toISOString() });
      }),
      EACH,
    );
  });

  test('as a finding has words, or is none', () => {
    fc.assert(
      fc.property(spoiled(FOUND), fc.array(BINARY, { maxLength: 2 }), (value, lines) => {
        const found = readFinding(value, lines);
        expectWords(...(found === null ? [] : [found]));
        expect(found?.code ?? FOUND.code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
      }),
      EACH,
    );
  });

  test('in the place of a manifest is refused with words', () => {
    const files = [{ path: 'cert.pem', mode: '0644', sha256: 'd'.repeat(64) }];
    const manifest = { version: 1, lineage: 'a.test', number: 1, leaf: LEAF, from: 'web1', files };
    const deletion = {
      version: 1,
      lineage: 'a.test',
      from: 'web1',
      deleted: { stamp: OTHER.stamp, isForced: false, isTrial: true },
    };
    const texts = fc.oneof(
      ...[manifest, deletion].map((one) => spoiled(one).map((value) => JSON.stringify(value) ?? '')),
      BINARY,
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = expectedOf(() => parseManifest(text));
        expect(read?.lineage ?? 'a.test').toMatch(/^(?!\.)[\w.*@+-]{1,200}$/);
      }),
      EACH,
    );
  });

  test('as a refusal, or by way of rsync, is a reason', () => {
    const rsync = { user: 'certbot-ha', identityFile: '/id', port: 22 } as unknown as Config['rsync'];
    fc.assert(
      fc.property(fc.integer(), fc.oneof(BINARY, fc.json()), (number, text) => {
        const refusal = refusalOf(number, text);
        expect(['agent-refuses', 'not-an-agent']).toContain(refusal.code);
        expectWords(refusal);
        const result = { code: Math.abs(number) % 256, stdout: text, stderr: text, trouble: null };
        expectWords(
          explainRsync(result, { name: 'web2', address: '192.0.2.2' } as ClusterNode, rsync, '/inbox'),
        );
      }),
      EACH,
    );
  });
});
