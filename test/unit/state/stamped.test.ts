import { describe, expect, test } from 'vitest';
import { stamped, type StampSource } from '../../../lib/state/stamped.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const LATER = '2027-02-01T00:00:00.000Z';
const at = (day: number) => `2026-11-${day}T00:00:00.000Z`;
const leaf = (name: string, notBefore = at(10), notAfter = LATER) => ({
  ...{ sha256: name.repeat(64), serial: '01', notBefore, notAfter },
});
const source = (name: string, stamp?: string, others: StampSource['others'] = []): StampSource => ({
  ...{ leaf: leaf(name), others },
  ...(stamp !== undefined && { stamp }),
});
const known = (own: StampSource | null, ...peers: readonly StampSource[]) => ({ own, peers, now: NOW });
const had = (name: string, stamp: string) => ({ sha256: name.repeat(64), stamp, notAfter: LATER });

describe('the stamp of a generation', () => {
  test('is what any record says, the earliest where they differ', () => {
    const all = known(source('a', at(22)), source('a', at(21)), source('b', at(20)));
    expect(stamped(leaf('a'), all)).toMatchObject({ stamp: at(21), isSet: true, isNew: false });
  });

  test('is kept by a generation that was replaced', () => {
    for (const all of [
      known(source('b', at(22), [had('a', at(21))])),
      known(null, source('b', at(22), [had('a', at(21))])),
    ]) {
      expect(stamped(leaf('a'), all)).toMatchObject({ stamp: at(21), isSet: true });
      expect(stamped(leaf('a'), all, { isIssued: true })).toMatchObject({ stamp: at(21) });
    }
  });

  test('is a new one where certbot has issued it, or this node knows another generation', () => {
    const now = { stamp: NOW.toISOString(), isSet: true, isNew: true };
    expect(stamped(leaf('a'), known(null), { isIssued: true })).toMatchObject(now);
    expect(stamped(leaf('a'), known(source('b', at(22))))).toMatchObject(now);
    expect(stamped(leaf('a'), known(source('b')))).toMatchObject(now);
    const ahead = known(null, source('b', '2026-11-25T00:00:00.000Z'));
    expect(stamped(leaf('a'), ahead, { isIssued: true })).toMatchObject({
      stamp: '2026-11-25T00:00:00.001Z',
    });
  });

  test('is its notBefore where this node knows nothing of the lineage, and nobody says that it is new', () => {
    const old = { stamp: at(10), isSet: false, isNew: true };
    expect(stamped(leaf('a'), known(null))).toMatchObject(old);
    expect(stamped(leaf('a'), known(null, source('b', at(22))))).toMatchObject(old);
    const over = leaf('a', at(10), at(20));
    expect(stamped(over, known(source('b', at(22))))).toMatchObject(old);
  });

  test('is its notBefore where a version without stamps has recorded it, and nobody has set one', () => {
    const unset = { stamp: at(10), isSet: false, isNew: false };
    expect(stamped(leaf('a'), known(source('a')))).toMatchObject(unset);
    expect(stamped(leaf('a'), known(source('a')), { isIssued: true })).toMatchObject(unset);
    expect(stamped(leaf('a'), known(source('b', at(22)), source('a')))).toMatchObject(unset);
    expect(stamped(leaf('a'), known(source('a'), source('a', at(21))))).toMatchObject({
      stamp: at(21),
      isSet: true,
    });
  });

  test('is its notBefore where it comes back under a lower number than a version without stamps has recorded', () => {
    const own = { ...source('b'), number: 2 };
    expect(stamped({ ...leaf('a'), number: 1 }, known(own))).toMatchObject({ stamp: at(10), isSet: false });
    expect(stamped({ ...leaf('a'), number: 3 }, known(own))).toMatchObject({ isSet: true });
    // Stamps make the number a node's own affair.
    expect(stamped({ ...leaf('a'), number: 1 }, known({ ...own, stamp: at(22) }))).toMatchObject({
      isSet: true,
    });
  });

  test('is none of next year: what has it is stamped anew, and nothing else goes beyond it', () => {
    const wrong = '2027-11-24T00:00:00.000Z';
    const now = { stamp: NOW.toISOString(), isSet: true };
    expect(stamped(leaf('a'), known(source('a', wrong)))).toMatchObject(now);
    expect(stamped(leaf('b'), known(source('a', wrong)))).toMatchObject(now);
    expect(stamped(leaf('a'), known(source('b', at(22)), source('a', wrong)))).toMatchObject(now);
  });
});
