// Sound examples of what nodes write and say, which nearly all that parsers are given here is made of.

export const TOKEN = 'evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA';
export const THUMBPRINT = '9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI';
export const ID = 'a'.repeat(64);
export const STAMP = '2026-11-24T07:00:00.000Z';
export const ACCOUNT_ID = '0123456789abcdef0123456789abcdef';

export const LEAF = {
  ...{ sha256: ID, serial: '01' },
  ...{ notBefore: '2026-11-24T00:00:00.000Z', notAfter: '2027-02-24T00:00:00.000Z' },
};
export const OTHER = {
  ...{ sha256: 'b'.repeat(64), stamp: '2026-11-20T00:00:00.000Z', notAfter: '2027-02-24T00:00:00.000Z' },
};
export const RECORD = {
  ...{ lineage: 'a.test', leaf: LEAF, stamp: STAMP, others: [OTHER], number: 1, numberHere: 1 },
  ...{ names: ['a.test'], from: 'web1', installedAt: STAMP, goneSince: STAMP },
  ...{ lacksAccount: ACCOUNT_ID, lacksServer: 'https://ca.test/dir' },
};
export const FOUND = { code: 'connection-refused', who: 'node', port: 80, error: 'ECONNREFUSED' };
export const RESULT = {
  ...{ id: ID, lineage: 'a.test', state: 'failed', findings: [FOUND] },
  ...{ messages: ['x [connection-refused]'], at: STAMP },
};
export const TOLD = { lineage: 'b.test', stamp: STAMP, from: 'web1', isForced: false, others: [OTHER] };
export const MANIFEST = {
  ...{ version: 1, lineage: 'a.test', number: 1, leaf: LEAF, from: 'web1' },
  files: [{ path: 'cert.pem', mode: '0644', sha256: ID }],
};
export const DELETION = {
  ...{ version: 1, lineage: 'a.test', from: 'web1' },
  deleted: { stamp: STAMP, isForced: false, isTrial: true },
};
export const STATUS = {
  ...{ node: 'web2', version: '0.1.0', uptimeSeconds: 1, vips: ['192.0.2.1', '2001:db8::1'], challenges: 0 },
  ...{ time: STAMP, configuration: '0123456789abcdef', lookedSecondsAgo: null },
  rooms: { inbox: { mebibytes: 100, inodes: null }, webroot: null },
};
export const DOCTOR = {
  ...{ at: STAMP, node: 'web1', result: 'warn', checks: { pass: 3, warn: 1, fail: 0 } },
  complaints: [{ check: 'key-file', result: 'warn', code: 'lock-held', message: 'x\ny' }],
};
export const EVENT = {
  ...{ at: STAMP, node: 'web1', program: 'agent', event: 'lookup', identifier: 'a.test', peer: 'web2' },
  ...{ tokens: 1, ms: 5, outcome: 'ok' },
};
/** Words that stand in what nodes say. */
export const SAID = [
  ID,
  STAMP,
  'a.test',
  'web1',
  '{}',
  '[]',
  '{"',
  '"}',
  '":',
  '[{',
  '}]',
  '\\u0000',
  '\\ud800',
  '1e21',
];
