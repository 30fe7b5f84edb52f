import { describe, expect, test } from 'vitest';
import { readDelivery, readLineages, readStatus } from '../../../lib/channel/answers.ts';
import { readResult } from '../../../lib/state/results.ts';

const RECORD = {
  lineage: 'www.example.test',
  leaf: {
    sha256: 'a'.repeat(64),
    serial: '0A1B',
    notBefore: '2026-11-24T00:00:00.000Z',
    notAfter: '2027-02-22T00:00:00.000Z',
  },
  number: 3,
  names: ['www.example.test'],
  from: 'web1',
  installedAt: '2026-11-24T00:01:00.000Z',
};
const STATUS = { node: 'web2', version: '0.1.0', uptimeSeconds: 5, vips: ['192.0.2.10'], challenges: 0 };
const RESULT = {
  id: 'b'.repeat(64),
  lineage: null,
  state: 'refused',
  findings: [{ code: 'older-than-installed', lineage: 'a.test', stamp: 'then', here: 'now' }],
  messages: ['older'],
  at: RECORD.installedAt,
};

describe("an agent's answer", () => {
  test('is taken when it is what it should be', () => {
    expect(readLineages({ lineages: [RECORD] })).toEqual({ lineages: [RECORD] });
    expect(readStatus(STATUS)).toEqual(STATUS);
    const told = {
      ...{ ...STATUS, time: RECORD.installedAt, configuration: '0123456789abcdef' },
      lookedSecondsAgo: 5,
    };
    expect(readStatus({ ...told, weather: 'fine' })).toEqual(told);
    expect(readDelivery({ state: 'staged' })).toEqual({ state: 'staged' });
    expect(readDelivery(RESULT)).toEqual(RESULT);
  });

  test('of a status tells the rest where what is left is told in another way', () => {
    const room = { mebibytes: 5, inodes: null };
    const roomsOf = (rooms: unknown) => readStatus({ ...STATUS, rooms })?.rooms;
    expect(roomsOf({ inbox: room, webroot: room })).toEqual({ inbox: room, webroot: room });
    expect(roomsOf({ inbox: { ...room, mebibytes: 0.5 }, webroot: room })).toEqual({
      inbox: null,
      webroot: room,
    });
    // As versions of before told it.
    expect(roomsOf({ inbox: null, webroot: { ...room, isReadOnly: false } })).toEqual({
      inbox: null,
      webroot: room,
    });
    expect(roomsOf({ webroot: room })).toEqual({ inbox: null, webroot: room });
    expect(roomsOf('plenty')).toEqual({ inbox: null, webroot: null });
  });

  test("keeps a web server's words, in any language, and nothing that would move a cursor", () => {
    const messages = ['  nginx: höre auf\u001b[2J', 'a\r\n\tb\u202ec\u009b', 'x'.repeat(5_000)];
    const kept = ['  nginx: höre auf [2J', 'a b c ', 'x'.repeat(1_000)];
    expect(readDelivery({ ...RESULT, messages })).toEqual({ ...RESULT, messages: kept });
    expect(readResult({ ...RESULT, messages })).toEqual({ ...RESULT, messages: kept });
  });

  test('has its lines for findings where it is of a version that has none', () => {
    const { findings: _, ...old } = RESULT;
    const findings = [{ code: 'unknown-finding', was: '', line: 'older' }];
    expect(readDelivery(old)).toEqual({ ...old, findings });
  });

  test('has its line for a finding that is not known here', () => {
    const messages = ['the moon is full [moon-full]'];
    const findings = [{ code: 'unknown-finding', was: 'moon-full', line: 'the moon is full' }];
    expect(readDelivery({ ...RESULT, findings: [{ code: 'moon-full' }, 'odd'], messages })).toEqual({
      ...{ ...RESULT, messages },
      findings,
    });
  });

  test.for([
    ['nothing', null],
    ['an empty object', {}],
    ['more lineages than there can be', { lineages: Array.from({ length: 10_001 }, () => RECORD) }],
  ])('is not taken for a list of lineages with %s', ([, value]) => {
    expect(readLineages(value)).toBeNull();
  });

  test.for([
    ['a lineage that leads out of its directory', { lineage: '../../etc' }, 'lineages[1]'],
    ['a name that would move the cursor', { names: ['\u001b[2J'] }, RECORD.lineage],
    ['a date that is none', { leaf: { ...RECORD.leaf, notBefore: 'soon' } }, RECORD.lineage],
    ['a hash that is none', { leaf: { ...RECORD.leaf, sha256: 'x' } }, RECORD.lineage],
  ] as const)('loses, of a list of lineages, only what has %s', ([, odd, name]) => {
    const others = [RECORD, { ...RECORD, lineage: 'b.test' }] as const;
    expect(readLineages({ lineages: [others[0], { ...RECORD, ...odd }, others[1]] })).toEqual({
      lineages: others,
      unread: [name],
    });
  });

  test('loses, of the deletions, only what cannot be read', () => {
    const grave = { lineage: 'b.test', stamp: RECORD.installedAt, from: 'web1', isForced: false, others: [] };
    const odd = [{ ...grave, lineage: 'c.test', others: Array.from({ length: 61 }, () => null) }, null];
    expect(readLineages({ lineages: [RECORD], deleted: [odd[0], grave, odd[1]] })).toEqual({
      lineages: [RECORD],
      deleted: [grave],
      unread: ['c.test', 'deleted[2]'],
    });
  });

  test('keeps, of what became of a bundle, the lines that are some', () => {
    expect(readDelivery({ ...RESULT, messages: [null, ...RESULT.messages, 1] })).toEqual(RESULT);
  });

  test.for([
    ['nothing', null],
    ['a node with a line end', { ...STATUS, node: 'web2\nweb3' }],
    ['a count below zero', { ...STATUS, challenges: -1 }],
  ])('is not taken for a status with %s', ([, value]) => {
    expect(readStatus(value)).toBeNull();
  });

  test.for([
    ['a state of its own', { state: 'perfect' }],
    ['a result without an id', { ...RESULT, id: undefined }],
  ])('is not taken for what became of a bundle with %s', ([, value]) => {
    expect(readDelivery(value)).toBeNull();
  });
});
