import type { CaaRecord } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { caOf, judgeCaa } from '../../../lib/doctor/caa-judged.ts';
import { findCaa, type AskCaa } from '../../../lib/doctor/caa-records.ts';
import { nextFor } from '../../../lib/doctor/next.ts';
import { shownSteps } from './healthy.ts';
import { complaintsOf } from '../../../lib/doctor/checks/caa.ts';

const ACCOUNT = 'https://acme.example/acct/7';
const LE = { ca: 'letsencrypt.org', account: ACCOUNT, method: 'http-01' } as const;
const issue = (...values: readonly string[]): readonly CaaRecord[] =>
  values.map((value) => ({ critical: 0, issue: value }));

/** A zone, by name; what is not in it does not exist. */
const zone =
  (records: Readonly<Record<string, readonly CaaRecord[] | string>>): AskCaa =>
  async (name) => {
    const found = records[name] ?? 'ENOTFOUND';
    if (typeof found !== 'string') return found;
    throw Object.assign(new Error(`queryCaa ${found}`), { code: found });
  };

describe('the CAA records of a name', () => {
  test.each<readonly [string, Parameters<typeof zone>[0], unknown]>([
    ['are its own', { 'a.b.test': issue('x') }, { kind: 'records', at: 'a.b.test' }],
    [
      'are those of the first name above it that has any',
      { 'a.b.test': 'ENODATA', 'b.test': issue('x') },
      { at: 'b.test' },
    ],
    ['are none', { 'a.b.test': [] }, { kind: 'none' }],
    [
      'are not known where a server fails',
      { 'b.test': 'ESERVFAIL' },
      { kind: 'unknown', error: 'ESERVFAIL' },
    ],
  ])('%s', async (_, records, expected) => {
    expect(await findCaa('a.b.test', zone(records))).toMatchObject(expected as object);
  });

  test.each<readonly [string, readonly CaaRecord[], string | null]>([
    ['the CA', issue('letsencrypt.org'), null],
    ['one of two CAs', issue('other.test', 'LetsEncrypt.org'), null],
    ['another CA', issue('other.test'), 'caa-forbids'],
    ['no CA', issue(';'), 'caa-forbids'],
    ['whoever: only wildcards are restricted', [{ critical: 0, issuewild: ';' }], null],
    ['this account', issue(`letsencrypt.org; accounturi=${ACCOUNT}`), null],
    ['another account', issue('letsencrypt.org;accounturi=https://acme.example/acct/8'), 'caa-other-account'],
    ['another account and this one', issue('letsencrypt.org;accounturi=x', 'letsencrypt.org'), null],
    ['HTTP-01 among others', issue('letsencrypt.org; validationmethods=dns-01,http-01'), null],
    ['the CA, by a tag in capitals', [{ critical: 0, ISSUE: 'letsencrypt.org' } as CaaRecord], null],
    ['no CA, by a tag in capitals', [{ critical: 0, Issue: ';' } as CaaRecord], 'caa-forbids'],
    ['whoever knows a property', [{ critical: 128, tbs: 'x' } as CaaRecord], 'caa-critical'],
    [
      'no one who does not know a property, though they allow the CA',
      [...issue('letsencrypt.org'), { critical: 128, tbs: 'x' } as CaaRecord],
      'caa-critical',
    ],
    ['the CA by a critical record', [{ critical: 128, issue: 'letsencrypt.org' }], null],
    ['whoever: what is not known is not critical', [{ critical: 0, tbs: 'x' } as CaaRecord], null],
    ['HTTP-01 behind a space', issue('letsencrypt.org; validationmethods=dns-01, http-01'), null],
    ['DNS-01 alone', issue('letsencrypt.org; validationmethods=dns-01'), 'caa-other-method'],
  ])('allow %s', (_, records, expected) => {
    expect(judgeCaa('a.test', { at: 'a.test', records }, LE)?.code ?? null).toBe(expected);
  });

  test('are asked for the challenge and for the wildcard', () => {
    const judged = (record: object, asked: object) =>
      judgeCaa('a.test', { at: 'a.test', records: [{ critical: 0, ...record }] }, { ...LE, ...asked });
    const byDns = { issue: 'letsencrypt.org; validationmethods=dns-01' };
    expect(judged(byDns, { method: 'dns-01' })).toBe(null);
    expect(judged(byDns, {})).toMatchObject({ code: 'caa-other-method', method: 'http-01' });
    const noWildcard = { issue: 'letsencrypt.org', issuewild: ';' };
    expect(judged(noWildcard, { method: 'dns-01' })).toBe(null);
    expect(judged(noWildcard, { method: 'dns-01', isWildcard: true })).toMatchObject({ code: 'caa-forbids' });
    expect(judged({ issue: ';' }, { isWildcard: true })).toMatchObject({ code: 'caa-forbids' });
  });

  test('of an unknown CA forbid only where they forbid every CA', () => {
    const asked = { ca: null, account: null, method: 'http-01' } as const;
    expect(judgeCaa('a.test', { at: 'a.test', records: issue('other.test') }, asked)).toBe(null);
    const forbidden = judgeCaa('a.test', { at: 'a.test', records: issue(';') }, asked);
    expect(forbidden).toMatchObject({ code: 'caa-forbids', ca: null });
    expect(forbidden && shownSteps(nextFor(forbidden))).toEqual([
      'to do: in DNS, of a.test: remove the CAA records, or add one that allows your CA',
    ]);
  });

  test.each(['sectigo.com', 'usertrust.com', 'ZeroSSL.com'])('allow ZeroSSL by the name of %s', (ca) => {
    const asked = { ca: caOf('https://acme.zerossl.com/v2/DV90'), account: null, method: 'http-01' } as const;
    expect(judgeCaa('a.test', { at: 'a.test', records: issue(ca) }, asked)).toBe(null);
    expect(judgeCaa('a.test', { at: 'a.test', records: issue(ca) }, LE)?.code).toBe('caa-forbids');
  });

  test.each([
    ['https://acme-v02.api.letsencrypt.org/directory', 'letsencrypt.org'],
    ['https://acme.zerossl.com/v2/DV90', 'sectigo.com'],
    ['https://notletsencrypt.org/directory', null],
    ['', null],
  ])('are asked for the CA of %s', (server, expected) => {
    expect(caOf(server)).toBe(expected);
  });

  test('complain of each name, and of a resolver once', async () => {
    const ask = zone({
      'a.example.org': issue('other.test'),
      'b.example.org': 'ETIMEOUT',
      'c.example.org': 'ETIMEOUT',
    });
    const wanted = ['a', 'b', 'c', 'd'].map((name) => ({ name: `${name}.example.org`, ...LE }));
    const complaints = await complaintsOf(wanted, ask);
    expect(complaints.map(({ level, found }) => [level, found.code])).toEqual([
      ['fail', 'caa-forbids'],
      ['warn', 'caa-not-looked-up'],
    ]);
  });

  test('complain of each zone that fails', async () => {
    const ask = zone({ 'a.example.org': 'ESERVFAIL', 'b.example.net': 'ESERVFAIL' });
    const wanted = ['a.example.org', 'b.example.net'].map((name) => ({ name, ...LE }));
    const complaints = await complaintsOf(wanted, ask);
    expect(complaints.map(({ found }) => 'name' in found && found.name)).toEqual([
      ...['a.example.org', 'b.example.net'],
    ]);
  });
});
