import { expect } from 'vitest';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const shared = testIn({ sharedWebroot: true });
const separate = testIn();

shared('transport shared: one webroot for all nodes needs no agent', async ({ lab, undo, needsHosts }) => {
  needsHosts('a filesystem that nodes share');
  await configure(lab, undo, { transport: 'shared' });
  const [, web2] = await threeNodes(lab);
  for (const node of lab.nodes) {
    undo(async () => await node.startService('agent'));
    await node.stopService('agent');
  }
  const said = await issued(lab, web2, namesFor('shared', 5));
  expect(said).toContain(`5 challenges: served by web1, web2, web3, vip ${lab.vips[0]} after `);
});

separate('transport shared: nodes that share nothing are all named', async ({ lab, undo }) => {
  await configure(lab, undo, { transport: 'shared', gate: { timeout: 2 } });
  const [web1] = await threeNodes(lab);
  const complaints = complaintsIn(await issue(lab, web1, namesFor('not-shared')));
  expect(complaints).toContain('2 of 4 targets serve them');
  for (const name of ['web2', 'web3']) expect(complaints).toMatch(new RegExp(`${name} .*: 404 from nginx`));
});
