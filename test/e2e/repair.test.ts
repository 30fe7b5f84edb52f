import { expect } from 'vitest';
import { configure, gateBegins, serveInstead, threeNodes, tokensOn } from '../support/e2e-cluster.ts';
import { complaintsIn, expectCertificate, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { down, pushFails } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';
import { NO_CHALLENGES } from '../support/e2e-sites.ts';

const test = testIn();

test.for(['power', 'cable'] as const)(
  'a node that gets its %s back while the gate waits gets its push again',
  async (lack, { lab, undo, needsHosts }) => {
    if (lack === 'cable') needsHosts('a cable to pull');
    const [web1, , web3] = await threeNodes(lab);
    const back = await down(web3, lack, undo);
    const done = issued(lab, web1, namesFor(`back-with-${lack}`, 2));
    await gateBegins(web1);
    await pushFails(lab, web1, web3);
    await back();
    expect(await done).toContain(`2 challenges: served by web1, web2, web3, vip ${lab.vips[0]} after`);
  },
);

test('an agent that is started while the gate waits gets its push again', async ({ lab, undo }) => {
  const [web1, , web3] = await threeNodes(lab);
  undo(async () => await web3.startService('agent'));
  await web3.stopService('agent');
  const done = issued(lab, web1, namesFor('agent-started'));
  await gateBegins(web1);
  await web3.startService('agent');
  expect(await done).toContain('served by web1, web2, web3, vip');
});

test('an agent that is killed is started again by systemd, and gets its push', async ({
  lab,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [web1, , web3] = await threeNodes(lab);
  await web3.killService('agent');
  expect(await issued(lab, web1, namesFor('agent-killed'))).toContain('served by web1, web2, web3, vip');
});

test('a web server that is started while the gate waits is seen, also on the holder', async ({
  lab,
  undo,
}) => {
  const [web1, web2] = await threeNodes(lab);
  undo(async () => await web1.startService('nginx'));
  await web1.stopService('nginx');
  const done = issued(lab, web2, namesFor('nginx-started'));
  await tokensOn(web1);
  await web1.startService('nginx');
  expect(await done).toContain('served by web1, web2, web3, vip');
});

test('a node goes down between its push and its probe: without it, and the next run cleans it up', async ({
  lab,
  undo,
}) => {
  await configure(lab, undo, { gate: { require: 'available' } });
  const [web1, , web3] = await threeNodes(lab);
  // It answers, so that the gate has to wait for it as long as it is up.
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  const names = namesFor('down-after-push');
  const done = issue(lab, web1, names);
  await tokensOn(web3);
  const back = await down(web3, 'power', undo);
  const result = await done;
  await expectCertificate(web1, names);
  expect(result.stdout).toMatch(/served by web1, web2, vip .* without web3 /);
  expect(complaintsIn(result)).toContain(`tokens are left on web3 ${web3.address}`);

  await back();
  expect(await web3.tokens()).toHaveLength(1);
  await configure(lab, undo, { gate: { require: 'vip' } });
  await issued(lab, web1, namesFor('after-down-after-push'));
  expect(await web3.tokens()).toEqual([]);
});
