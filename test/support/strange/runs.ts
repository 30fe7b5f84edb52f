import type * as fc from 'fast-check';

/** How much more than in the inner loop: scripts/test-long.sh says. */
const TIMES = Number(
  process.env['CERTBOT_HA_TEST_TIMES'] ?? (process.env['CERTBOT_HA_TEST_LONG'] === undefined ? 1 : 30),
);

/** Made-up cases: the same ones in the inner loop, others each time in the long run; a failure tells the seed. */
export function runs(numRuns: number): fc.Parameters<unknown> & { readonly numRuns: number } {
  return { numRuns: numRuns * TIMES, endOnFailure: TIMES === 1, ...(TIMES === 1 ? { seed: 1 } : {}) };
}

/** Milliseconds for a test that makes that many, the long run too. */
export function timeFor(ms: number): number {
  return ms * TIMES;
}
