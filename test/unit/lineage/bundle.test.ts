import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compareAge, type Generation } from '../../../lib/lineage/generation.ts';
import { isBundlePath } from '../../../lib/lineage/bundle.ts';
import { isLineageName } from '../../../lib/lineage/schemas.ts';
import { parseManifest } from '../../../lib/lineage/manifest.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const stampedAt = (text: string, stamp: string): Generation => ({ sha256: sha256(text), stamp });
const LEAF = {
  sha256: sha256('a'),
  serial: '01',
  notBefore: '2026-11-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
};
const days = ['2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z', '2026-11-02T00:00:01.000Z'];
const all = days.flatMap((day) => ['a', 'b', 'c'].map((text) => stampedAt(text + day, day)));

describe('the age of generations', () => {
  test('puts the later stamp first', () => {
    expect(compareAge(stampedAt('a', days[1] ?? ''), stampedAt('b', days[0] ?? ''))).toBeGreaterThan(0);
    expect(compareAge(stampedAt('a', days[1] ?? ''), stampedAt('b', days[2] ?? ''))).toBeLessThan(0);
  });

  test('is a total order: every two compare one way, and no three go round', () => {
    for (const one of all) {
      for (const other of all) {
        const sign = Math.sign(compareAge(one, other));
        expect(sign).toBe(-Math.sign(compareAge(other, one)) + 0);
        expect(sign === 0).toBe(one.sha256 === other.sha256);
        // Whatever is older than the older one is older than the newer one.
        const older = sign > 0 ? all.filter((third) => compareAge(other, third) > 0) : [];
        expect(older.filter((third) => compareAge(one, third) <= 0)).toEqual([]);
      }
    }
  });

  test('decides alike on every node, whatever order they come in', () => {
    const newest = (those: readonly Generation[]) =>
      those.reduce((one, other) => (compareAge(one, other) > 0 ? one : other));
    expect(newest(all.toReversed())).toEqual(newest(all));
  });
});

describe('what may be in a bundle', () => {
  test.each(['cert.pem', 'privkey.pem', 'renewal.conf', 'account/regr.json'])('%s may', (path) => {
    expect(isBundlePath(path)).toBe(true);
  });
  test.each(['../cert.pem', 'manifest.json', 'account', 'account/../cert.pem', 'toString', '__proto__', ''])(
    '%j may not',
    (path) => {
      expect(isBundlePath(path)).toBe(false);
    },
  );
  test.each([
    'www.example.com',
    'xn--bcher-kva.example',
    'a_b',
    'www.example.com-0001',
    'me@x',
    'a'.repeat(200),
  ])('%s is the name of a lineage', (name) => {
    expect(isLineageName(name)).toBe(true);
  });
  test.each(['', '.', '..', '.a', 'a/b', '/a', 'a b', 'a\n', 'a\0', 'ä', 'a'.repeat(201), '$(x)'])(
    '%j is none',
    (name) => {
      expect(isLineageName(name)).toBe(false);
    },
  );
});

describe('a manifest', () => {
  const good = {
    version: 1,
    lineage: 'www.example.test',
    number: 3,
    leaf: LEAF,
    from: 'web1',
    files: [{ path: 'cert.pem', mode: '0644', sha256: 'a'.repeat(64) }],
  };
  const parse = (value: unknown) => () => parseManifest(JSON.stringify(value));

  test('is taken as it was written', () => {
    expect(parse(good)()).toEqual(good);
  });

  test.each([
    ['another version', { version: 2 }, /version/],
    ['a lineage that leads up', { lineage: '../x' }, /lineage/],
    ['generation 0', { number: 0 }, /number/],
    ['half a generation', { number: 1.5 }, /number/],
    ['a huge generation', { number: 1e9 }, /number/],
    ['no leaf', { leaf: undefined }, /leaf/],
    ['a leaf with more', { leaf: { ...LEAF, key: 1 } }, /leaf\.key/],
    ['a hash in upper case', { leaf: { ...LEAF, sha256: 'A'.repeat(64) } }, /leaf\.sha256/],
    ['a time that is none', { leaf: { ...LEAF, notBefore: 'yesterday' } }, /leaf\.notBefore/],
    ['a day that is none', { leaf: { ...LEAF, notBefore: '2026-13-41T00:00:00.000Z' } }, /leaf\.notBefore/],
    ['a sender with a line end', { from: 'web1\nweb2' }, /from/],
    [
      'a path that leads up',
      { files: [{ path: '../cert.pem', mode: '0644', sha256: 'a'.repeat(64) }] },
      /files\.0\.path/,
    ],
    [
      'a mode with the set-user-ID bit',
      { files: [{ path: 'cert.pem', mode: '4755', sha256: 'a'.repeat(64) }] },
      /files\.0\.mode/,
    ],
    ['more files than there are', { files: Array.from({ length: 9 }, () => good.files[0]) }, /files/],
    ['a key that nobody knows', { extra: 1 }, /extra/],
  ])('is refused with %s', (_, changed, where) => {
    expect(parse({ ...good, ...changed })).toThrow(
      new RegExp(`^manifest: ${where.source}: not as it should be`, 'm'),
    );
  });

  test.each(['', 'no', '[]', 'null', '"x"', '{"version":1', '1'])('is refused as %j', (text) => {
    expect(() => parseManifest(text)).toThrow(/^manifest: /);
  });

  test('is spoken of on lines of its own, whatever its keys are', () => {
    const key = `x\nweb2: installed\u001b[31m${'y'.repeat(5000)}`;
    const message = expect.stringMatching(/^[\x20-\x7e]{1,200}$/) as string;
    expect(parse({ ...good, [key]: 1 })).toThrow(expect.objectContaining({ problems: [message] }) as Error);
  });
});
