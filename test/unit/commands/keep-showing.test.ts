// @module-tag slow
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { keepShowing } from '../../../lib/commands/keep-showing.ts';
import { seenNode, survey } from '../../support/page/snapshots.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const slow = new CertbotHaError('failed', {
  ...{ code: 'check-too-slow', check: 'certbot-ha status', seconds: 30 },
});
const looked = (isCutOff = false) => ({ seen: { nodes: [seenNode(1)] }, document: survey({ isCutOff }) });

test.for([
  ['a look that fails is shown, and the next one follows', [slow, looked()], 0],
  ['the last look that fails', [looked(), slow], 1],
  ['what there was no time for', [looked(true)], 1],
] as const)('%s', async ([, looks, expected], { directory }) => {
  const controller = new AbortController();
  const lines: string[] = [];
  const left = [...looks];
  const code = await keepShowing(
    {
      isTerminal: false,
      out: (line: string) => {
        lines.push(line);
        if (line.includes('Doctor on') && left.length === 0) controller.abort();
      },
    } as never,
    {
      ...{
        cluster: { config: { stateDir: directory }, self: { name: 'web1' } } as never,
        onDamage: noDamage,
      },
      signal: controller.signal,
      look: (async () => {
        const next = left.shift();
        if (next instanceof Error) throw next;
        return next;
      }) as never,
    },
  );
  expect(code).toBe(expected);
  expect(lines.filter((line) => line.includes('Doctor on'))).toHaveLength(looks.length);
  const told = lines.filter((line) => line.includes('certbot-ha status: no result within 30 s'));
  expect(told).toHaveLength(looks.some((one) => one === slow) ? 1 : 0);
});
