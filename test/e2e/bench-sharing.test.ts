// @module-tag long
import { expect, test } from 'vitest';
import { DEADLINE_MS } from '../../bench/sharing/failures.ts';
import { measureSystem } from '../../bench/sharing/measure.ts';
import { readOptions } from '../../bench/sharing/options.ts';
import { tablesOf } from '../../bench/sharing/table.ts';
import { http } from '../lab/sharing/http.ts';

test(
  'the bench of sharing: the VIP moves before the CA asks, cables are pulled, and every column is filled',
  { timeout: 400_000 },
  async () => {
    const measured = await measureSystem(http, readOptions(['--issuances', '2', '--rounds', '1']));
    expect(measured.absent).toBeUndefined();
    const { figures } = measured;
    // certbot asks the CA at once, and agents may be later than the CA.
    expect(figures?.plainIssuances).toMatchObject({ of: 2, repeated: [] });
    expect(figures?.ourIssuances).toMatchObject({ succeeded: 2, of: 2, failed: [] });
    expect(figures?.failuresAbsent).toBeUndefined();
    const { well, cut, absent } = tablesOf([measured], DEADLINE_MS);
    expect(well).toMatch(
      /`http` \| [012] of 2 \(.+ s\) \| 2 of 2 \(.+ s\) \| \d+ ms of 1 \| \d+ ms of 1 \| 0 of 1; 0 of 1 \|$/,
    );
    // The one whose cable is pulled, whichever it is, keeps the others from nothing.
    expect(cut).toMatch(/`http` \| \d+ ms \| \d+ ms, \d+ ms \| [\d.]+ m?s \|  \|  \|$/);
    expect(absent).toBe('');
  },
);
