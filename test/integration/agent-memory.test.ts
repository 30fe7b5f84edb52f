// @module-tag slow
// @module-tag long
import { expect, test } from 'vitest';
import { needOfAgent, node24 } from '../../bench/agent.ts';
import { requireDist } from '../lab/dist.ts';
import { lacking } from '../support/lacking.ts';

// The bench holds it to 60 MB, and 5 MB more. Here other programs are at work, and other machines have other libraries.
const AT_MOST_MB = 70;
const REST_MS = 40_000;

test.for([
  ['that runs the tests', async () => process.execPath],
  ['24', node24],
] as const)(
  'an agent as its unit starts it rests in 70 MB, and again after 10 000 requests: on the Node.js %s',
  { timeout: 300_000 },
  async ([, nodeOf], { skip }) => {
    await requireDist();
    const node = await nodeOf().catch((error: unknown) => skip(lacking(`no Node.js 24: ${String(error)}`)));
    const { atRest, after } = await needOfAgent(node, REST_MS);
    expect(atRest).toBeLessThan(AT_MOST_MB);
    expect(after).toBeLessThan(AT_MOST_MB);
  },
);
