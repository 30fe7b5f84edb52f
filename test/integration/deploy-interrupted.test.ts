import { mkdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../lab/eventually.ts';
import { expect, NAME, test } from '../support/cluster/pair.ts';

test('a deployment that waits for another roll-out ends when it is told to, and everything is outstanding', async ({
  pair: { web1 },
  ca,
}) => {
  await web1.has(NAME, await ca.issue([NAME]));
  const lock = join(web1.stateDir, 'delivery.lock');
  await mkdir(lock);
  // As one that is refreshed again and again: it is not to be taken over.
  const later = new Date(Date.now() + 600_000);
  await utimes(lock, later, later);
  const waiting = web1.begin('deploy');
  const outstanding = async () =>
    await readFile(join(web1.stateDir, 'outstanding.json'), 'utf8').catch(() => ''); // not yet
  await eventually(outstanding, {
    until: (text) => text.includes('"web2"'),
    ...{ timeoutMs: 10_000, what: 'the delivery to be outstanding' },
  });
  waiting.child.kill('SIGTERM');
  expect(await waiting.ended).toMatchObject({
    ...{ code: 1, signal: null, stdout: '' },
    stderr: expect.stringContaining('/delivery: interrupted while another process had it locked'),
  });
  expect(await outstanding()).toMatch(/"web1"[^]*"web2"/);
});
