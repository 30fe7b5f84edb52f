import { expect, test } from 'vitest';
import { tablesOf } from '../../../bench/sharing/table.ts';

test.for([
  [20, '| 10 ms, 99 ms |'],
  [19, '| 10 ms of 19 |'],
  [1, '| 10 ms of 1 |'],
] as const)('a percentile is told of 20 rounds and more: %i', ([rounds, cell]) => {
  const latency = { medianMs: 10, p99Ms: 99, rounds, missing: 0, partial: 0, partialMs: 0 };
  const issuances = { succeeded: 1, of: 1, eachMs: [1_000], failed: [], repeated: [] };
  const figures = {
    ...{ version: '1', startMs: 0, renamed: latency, plain: latency },
    ...{ plainIssuances: issuances, ourIssuances: issuances },
  };
  expect(tablesOf([{ name: 'x', title: 'X', figures }], 45_000).well).toContain(cell);
});
