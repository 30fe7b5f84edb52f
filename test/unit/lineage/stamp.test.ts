import { describe, expect, test } from 'vitest';
import { isStamp } from '../../../lib/lineage/schemas.ts';
import { earliest, isAhead, stampAfter } from '../../../lib/lineage/stamp.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');

describe('a stamp', () => {
  test('is now, where nothing is known', () => {
    expect(stampAfter([], NOW)).toBe('2026-11-24T12:00:00.000Z');
    expect(stampAfter(['2026-11-23T12:00:00.000Z'], NOW)).toBe('2026-11-24T12:00:00.000Z');
  });

  test('is after every other one, whatever the clocks say', () => {
    const known = ['2026-11-24T13:00:00.000Z', '2026-11-24T12:59:59.999Z'];
    expect(stampAfter(known, NOW)).toBe('2026-11-24T13:00:00.001Z');
    expect(stampAfter(['2026-11-24T12:00:00.000Z'], NOW)).toBe('2026-11-24T12:00:00.001Z');
  });

  test('is ahead when it is by more than a day', () => {
    expect(isAhead('2026-11-25T12:00:00.000Z', NOW)).toBe(false);
    expect(isAhead('2026-11-25T12:00:00.001Z', NOW)).toBe(true);
    expect(isAhead('2020-01-01T00:00:00.000Z', NOW)).toBe(false);
  });

  test('is the earlier one of two of a generation', () => {
    expect(earliest(['2026-11-24T12:00:00.000Z', '2026-11-23T12:00:00.000Z'])).toBe(
      '2026-11-23T12:00:00.000Z',
    );
    expect(earliest([])).toBe(null);
  });

  test.each([
    '',
    '2026-11-24',
    '2026-11-24T12:00:00Z',
    '2026-11-24T12:00:00.000Z\n',
    '2026-13-41T00:00:00.000Z',
    '2026-02-29T00:00:00.000Z',
    '+275760-09-13T00:00:00.000Z',
  ])('is not %j', (text) => {
    expect(isStamp(text)).toBe(false);
  });
});
