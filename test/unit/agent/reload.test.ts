import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { createReload, type ReloadOptions } from '../../../lib/agent/reload.ts';
import type { Verdict } from '../../../lib/agent/verdict.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';

test('who asks for a reload while another is under way is told how its own has ended', async () => {
  const loads: ((reason: unknown) => void)[] = [];
  const verdicts: Verdict[] = [];
  const reload = createReload({
    load: async () => await new Promise<never>((_, reject) => void loads.push(reject)),
    onEnd: async (verdict: Verdict) => void verdicts.push(verdict),
    logger: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  } as unknown as ReloadOptions);
  const wrong = (problem: string) => new CertbotHaError('config', { code: 'usage', problem });
  reload();
  reload();
  loads[0]?.(wrong('what was there before'));
  await vi.waitFor(() => expect(loads).toHaveLength(2));
  expect(verdicts).toEqual([]);
  loads[1]?.(wrong('what is there now'));
  await vi.waitFor(() => expect(verdicts).toHaveLength(1));
  expect(verdicts[0]?.problems.join()).toContain('what is there now');
});
