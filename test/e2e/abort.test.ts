import { expect } from 'vitest';
import { configure, serveInstead, threeNodes } from '../support/e2e-cluster.ts';
import { issue, issued, namesFor } from '../support/e2e-issue.ts';
import { leftOn } from '../support/e2e-left.ts';
import { NO_CHALLENGES } from '../support/e2e-sites.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test.for([1, 5])(
  'abort: certbot ends, and the CA is asked for none of %i names',
  async (count, { lab, undo }) => {
    await configure(lab, undo, { gate: { timeout: 2, onFailure: 'abort' } });
    const [web1, , web3] = await threeNodes(lab);
    await serveInstead(lab, web3, undo, NO_CHALLENGES);
    const topic = `aborted-${count}x`;

    const result = await issue(lab, web1, namesFor(topic, count));

    expect(result.code).toBe(143);
    expect(await lab.caLog()).toContain('Added order');
    expect(await lab.caLog()).not.toContain(topic);
    expect(await leftOn(lab.nodes)).toEqual([]);
    await configure(lab, undo, { gate: { onFailure: 'abort', require: 'vip' } });
    await issued(lab, web1, namesFor(`after-${topic}`));
  },
);

test('abort: the report reaches the journal, as certbot drops what the hook says', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a journal');
  await configure(lab, undo, { gate: { timeout: 2, onFailure: 'abort' } });
  const [web1, , web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  await issue(lab, web1, namesFor('aborted-aloud'));
  // certbot's stderr is a socket here, as it is under systemd.
  const report = await web1.check(['journalctl', '--quiet', '--output=cat', '--identifier=certbot-ha']);
  expect(report).toContain('3 of 4 targets serve them (gate.require is all)');
  expect(report).toContain(`web3 ${web3.address}: 404 from nginx/`);
  expect(report).toMatch(/gate\.onFailure is abort: ending certbot \(process \d+\) before it asks the CA/);
});
