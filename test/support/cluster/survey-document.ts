import type { SurveyDocument } from '../../../lib/agent/admin/survey-document.ts';

const AT = '2026-11-28T09:00:00.000Z';
const NEWEST = {
  sha256: 'a'.repeat(64),
  notBefore: '2026-11-01T00:00:00.000Z',
  notAfter: '2027-01-30T00:00:00.000Z',
};

/** What `certbot-ha status --json` prints of two nodes that are well, web1 being self, and one lineage. */
export function surveyDocument(rest: Partial<SurveyDocument> = {}): SurveyDocument {
  const rowOf = (target: string, address: string) => ({
    ...{ lineage: 'www.example.test', target, address },
    ...{ installed: target === 'vip' ? null : ('newest' as const), serves: 'newest' as const },
    generation: target === 'vip' ? null : NEWEST,
    ...{ expected: false, notBefore: NEWEST.notBefore, notAfter: NEWEST.notAfter },
  });
  const nodeOf = (node: string, address: string, heldVips: string[]) => ({
    ...{ node, address, isSelf: node === 'web1', isDrained: false, agent: 'reachable' as const },
    ...{ reason: null, version: '1.0.0', heldVips, challenges: 0 },
  });
  return {
    self: 'web1',
    at: AT,
    isCutOff: false,
    issuer: { mode: 'shared', rule: 'vip', nodes: ['web1'] },
    renewals: [{ lineage: 'www.example.test', due: '2026-12-31T00:00:00Z', isLate: false }],
    nodes: [nodeOf('web1', '192.0.2.1', ['192.0.2.10']), nodeOf('web2', '192.0.2.2', [])],
    vips: [{ address: '192.0.2.10', holder: 'web1', holders: ['web1'] }],
    lineages: [rowOf('web1', '192.0.2.1'), rowOf('web2', '192.0.2.2'), rowOf('vip', '192.0.2.10')],
    ...{ outstanding: [], notes: [], overrides: [], accounts: [], deletions: [], troubles: [] },
    ...rest,
  };
}
