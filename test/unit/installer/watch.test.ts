import { describe } from 'vitest';
import { stayInstalling } from '../../../lib/installer/watch.ts';
import { noWatchesLeft, watchBy } from '../../support/inotify.ts';
import { expect, test } from '../../support/temporary.ts';

describe('an installer that stays, where the system has no watches left', () => {
  test('goes on by time, once a second, and does not spin', async ({ directory, signal }) => {
    const asked = watchBy((path) => {
      throw noWatchesLeft(path);
    });
    const runsAtMs: number[] = [];
    await stayInstalling({
      markers: directory,
      isPolled: false,
      run: async () => void runsAtMs.push(performance.now()),
      isExpecting: async () => runsAtMs.length < 3,
      signal,
    });
    const [, first = 0, second = 0, third = 0] = runsAtMs;
    expect(runsAtMs).toHaveLength(4);
    // A timer may be a millisecond early.
    expect(Math.min(second - first, third - second)).toBeGreaterThan(990);
    expect(asked).toEqual([directory, directory, directory]);
  });
});
