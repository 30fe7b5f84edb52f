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

  test('is not before its notBefore, whoever says so', () => {
    const early = '2026-11-01T00:00:00.000Z';
    for (const all of [
      known(source('a', at(22)), source('a', early)),
      known(source('b', at(22), [had('a', early)])),
      known(source('a', early)),
    ]) {
      expect(stamped(leaf('a'), all)).toMatchObject({ stamp: at(10), isSet: true, isNew: false });
    }
    // What is issued next goes beyond that, and not only beyond what a slow clock has said.
    const slow = {
      own: { leaf: leaf('a', '2026-11-21T10:00:00.000Z'), stamp: at(20) },
      peers: [],
      now: new Date(at(21)),
    };
    expect(stamped(leaf('b'), slow, { isIssued: true })).toMatchObject({ stamp: '2026-11-21T10:00:00.001Z' });
  });

  test('is its notBefore where it was here before the first record, unless somebody knows better', () => {
    const before = { ...had('a', at(10)), isUnset: true };
    const own = source('b', at(22), [before]);
    expect(stamped(leaf('a'), known(own))).toMatchObject({ stamp: at(10), isSet: false, isNew: false });
    expect(stamped(leaf('a'), known(own, source('a', at(21))))).toMatchObject({ stamp: at(21), isSet: true });
  });

  test('is a new one where certbot says of what was just found that it has issued it', () => {
    const now = { stamp: NOW.toISOString(), isSet: true, isNew: true };
    const found = { isIssued: true, isJustFound: true };
    expect(stamped(leaf('a'), known(source('a'), source('a')), found)).toMatchObject(now);
    expect(stamped(leaf('a'), known(source('a')), { isJustFound: true })).toMatchObject({ isSet: false });
    // Somebody who has seen it issued knows better.
    expect(stamped(leaf('a'), known(source('a'), source('a', at(21))), found)).toMatchObject({
      stamp: at(21),
    });
  });

  test('is told by the number that this node has given, not its issuer', () => {
    const own = { ...source('b'), number: 50, numberHere: 3 };
    expect(stamped({ ...leaf('a'), number: 4 }, known(own))).toMatchObject({ isSet: true });
    const low = { ...source('b'), number: 1, numberHere: 8 };
    expect(stamped({ ...leaf('a'), number: 5 }, known(low))).toMatchObject({ isSet: false });
  });
});
