import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lateRenewals, renewalTerms } from '../../../lib/status/late.ts';
import { expect, test } from '../../support/temporary.ts';

const NOW = Date.parse('2027-03-01T00:00:00Z');
const DAY = 86_400_000;
const day = (count: number) => new Date(NOW + count * DAY).toISOString();
const of = (life: number, left: number) => ({
  lineage: 'a.test',
  notBefore: day(left - life),
  notAfter: day(left),
});
const NONE: ReadonlyMap<string, number> = new Map();

test.for([
  ['90 days, of which 31 are left', of(90, 31), NONE, null],
  ['90 days, renewed in these days', of(90, 28.1), NONE, null],
  ['90 days, not renewed for two', of(90, 27.9), NONE, '2027-02-26T21:36:00Z'],
  ['45 days, renewed in these days', of(45, 13.1), NONE, null],
  ['45 days, not renewed for two', of(45, 12.9), NONE, '2027-02-26T21:36:00Z'],
  ['6 days, of which half is left', of(6, 3), NONE, null],
  ['6 days, not renewed for one', of(6, 1.9), NONE, '2027-02-27T21:36:00Z'],
  ['what has ended', of(90, -1), NONE, '2027-01-29T00:00:00Z'],
  ['90 days, to be renewed with 10 left', of(90, 20), new Map([['a.test', 10 * DAY]]), null],
  [
    '90 days, to be renewed with 60 left',
    of(90, 50),
    new Map([['a.test', 60 * DAY]]),
    '2027-02-19T00:00:00Z',
  ],
] as const)('a certificate of %s', ([, row, terms, due]) => {
  expect(lateRenewals([row, row], terms, NOW)).toEqual(
    due === null
      ? []
      : [
          {
            who: null,
            found: {
              ...{ code: 'renewal-late', lineage: 'a.test', due },
              notAfter: row.notAfter.replace('.000Z', 'Z'),
            },
          },
        ],
  );
});

test.for([
  ['just issued', of(6, 5.5), ['renewal-term-too-long']],
  ['not renewed for days', of(6, 4), ['renewal-term-too-long', 'renewal-late']],
] as const)('with a term longer than its life, one that is %s', ([, row, codes]) => {
  const troubles = lateRenewals([row], new Map([['a.test', 30 * DAY]]), NOW);
  expect(troubles.map(({ found }) => found.code)).toEqual(codes);
  expect(troubles[0]?.found).toEqual({
    ...{ code: 'renewal-term-too-long', lineage: 'a.test', termHours: 720, lifeHours: 144 },
  });
});

test.for([
  ['renew_before_expiry = 10 days', 10 * DAY],
  ['renew_before_expiry = 1 day', DAY],
  ['renew_before_expiry = "2 weeks"', 14 * DAY],
  ['renew_before_expiry = 36 hours # of six days', 1.5 * DAY],
  ['# renew_before_expiry = 30 days', undefined],
  ['renew_before_expiry = soon', undefined],
  ['[renewalparams]\nrenew_before_expiry = 10 days', undefined],
] as const)('reads %j', async ([text, ms], { directory }) => {
  await mkdir(join(directory, 'renewal'));
  await writeFile(join(directory, 'renewal/a.test.conf'), `${text}\n`);
  const terms = await renewalTerms(directory, ['a.test', 'a.test', 'b.test']);
  expect([...terms]).toEqual(ms === undefined ? [] : [['a.test', ms]]);
});
