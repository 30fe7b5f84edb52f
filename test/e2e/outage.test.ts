import { expect } from 'vitest';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, expectCertificate, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { down } from '../support/e2e-outage.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test.for(['power', 'cable'] as const)(
  'all: a node without %s is named with the reason, and certbot goes on',
  async (lack, { lab, undo, needsHosts }) => {
    if (lack === 'cable') needsHosts('a cable to pull');
    await configure(lab, undo, { gate: { timeout: 2 } });
    const [web1, , web3] = await threeNodes(lab);
    const back = await down(web3, lack, undo);
    const names = namesFor(`all-without-${lack}`);

    const result = await issue(lab, web1, names);

    expect(result.code).toBe(0);
    await expectCertificate(web1, names);
    const complaints = complaintsIn(result);
    expect(complaints).toContain(
      'not seen everywhere within 2 s: 3 of 4 targets serve them (gate.require is all)',
    );
    expect(complaints).toMatch(new RegExp(`web3 ${web3.address}: .*(no answer|no route|refused)`));
    expect(complaints).toContain(`vip ${lab.vips[0]}: served (`);
    // The time-out holds also while a connection hangs.
    expect(complaints).toMatch(/web3 .* in [12]\.\d\d s\)/);
    expect(complaints).toContain(
      `tokens are left on web3 ${web3.address}, to be taken away by the next run: agent port `,
    );
    await back();
    await issued(lab, web1, namesFor(`all-with-${lack}`));
  },
);

test.for([
  ['available', 'power'],
  ['available', 'cable'],
  ['vip', 'power'],
  ['vip', 'cable'],
] as const)(
  '%s: a node without %s does not keep the gate shut',
  async ([require, lack], { lab, undo, needsHosts }) => {
    if (lack === 'cable') needsHosts('a cable to pull');
    await configure(lab, undo, { gate: { timeout: 30, require } });
    const [web1, , web3] = await threeNodes(lab);
    const back = await down(web3, lack, undo);
    const names = namesFor(`${require}-without-${lack}`);

    const result = await issue(lab, web1, names);

    await expectCertificate(web1, names);
    expect(result.stdout).toMatch(
      new RegExp(`served by web1, web2, vip ${lab.vips[0]} after .* s; without web3 ${web3.address}: `),
    );
    expect(complaintsIn(result)).not.toContain('manual-auth-hook');
    expect(complaintsIn(result)).toContain(`tokens are left on web3 ${web3.address}`);
    await back();
    await issued(lab, web1, namesFor(`${require}-with-${lack}`));
  },
);

test('all: a node that is drained is left alone, and nobody complains of it', async ({ lab, undo }) => {
  await configure(lab, undo, { nodes: { web3: { drained: true } } });
  const [web1, , web3] = await threeNodes(lab);
  await down(web3, 'power', undo);
  const said = await issued(lab, web1, namesFor('drained'));
  expect(said).toContain(`served by web1, web2, vip ${lab.vips[0]} after`);
  expect(said).toContain(`without web3 ${web3.address}: drained, left out`);
});

test('available: a node that answers, but not with the challenge, keeps the gate shut', async ({
  lab,
  undo,
}) => {
  await configure(lab, undo, { gate: { timeout: 5, require: 'available' } });
  const [web1, , web3] = await threeNodes(lab);
  await web3.stopService('agent');
  undo(async () => await web3.startService('agent'));
  const result = await issue(lab, web1, namesFor('available-without-agent'));
  expect(complaintsIn(result)).toContain('3 of 4 targets serve them (gate.require is available)');
  expect(complaintsIn(result)).toMatch(
    /web3 .*: agent port \d+: connection refused: is certbot-ha-agent running there\?; seen there: 404 from nginx/,
  );
  await web3.startService('agent');
  await issued(lab, web1, namesFor('available-with-agent'));
});
