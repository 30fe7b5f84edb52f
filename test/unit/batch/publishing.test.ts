import { expect, onTestFinished, test, vi } from 'vitest';
import { failure, OK } from '../../../lib/base/outcome.ts';
import { startPublishing } from '../../../lib/batch/publishing.ts';
import { recordOf, type TxtRecord } from '../../../lib/challenge/dns-01.ts';
import type { Publisher } from '../../../lib/dns/publisher.ts';

test('what is refused for good is not tried again, and what has failed beside it is', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const names = ['refused.test', 'failed.test'];
  const asked: (readonly string[])[] = [];
  let isFailing = true;
  const publisher = {
    publish: async (records) => {
      asked.push(records.map(({ name }) => name));
      return records.map(({ name }) => {
        if (name === 'refused.test')
          return failure({ code: 'dns-update-refused', server: 'ns1', zone: 'refused.test', key: 'acme' });
        return isFailing ? failure({ code: 'dns-server-failed', server: 'ns1', zone: name }) : OK;
      });
    },
    withdraw: async () => [],
    close: async () => undefined,
  } satisfies Publisher;
  const records: readonly TxtRecord[] = names.map((name) => ({ name, value: 'x'.repeat(43) }));
  const publishing = startPublishing(publisher, records, { signal: new AbortController().signal });
  const all = new Set(names);
  await publishing.outcomeOf(all);
  isFailing = false;
  for (let round = 0; round < 3; round += 1) {
    vi.advanceTimersByTime(3_000);
    await publishing.outcomeOf(all);
    await publishing.atRest();
  }
  expect(asked).toEqual([names, ['failed.test']]);
  expect(await publishing.outcomeOf(all)).toMatchObject({ reason: { code: 'dns-update-refused' } });
});

const record = recordOf({ identifier: 'example.test', value: 'v'.repeat(43) });

test.for([
  [true, 2],
  [false, 1],
] as const)(
  'what is not seen for long is published again where another host may have overwritten it: %s',
  async ([mayBeOverwritten, times]) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let published = 0;
      const done = async (records: readonly unknown[]) => {
        published += 1;
        return records.map(() => ({ isOk: true }) as const);
      };
      const publisher: Publisher = { mayBeOverwritten, publish: done, withdraw: done, close: async () => {} };
      const { signal } = new AbortController();
      const publishing = startPublishing(publisher, [record], { signal });
      const names = new Set([record.name]);
      for (const ms of [0, 5_000, 6_000, 1_000]) {
        vi.advanceTimersByTime(ms);
        expect(await publishing.outcomeOf(names)).toEqual({ isOk: true });
        await publishing.atRest();
      }
      expect(published).toBe(times);
    } finally {
      vi.useRealTimers();
    }
  },
);
