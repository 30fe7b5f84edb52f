// @module-tag core
import { expect } from 'vitest';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test.for([
  ['http', 1, 'holder'],
  ['http', 1, 'backup'],
  ['http', 25, 'holder'],
  ['http', 25, 'backup'],
  ['rsync', 1, 'holder'],
  ['rsync', 1, 'backup'],
  ['rsync', 25, 'holder'],
  ['rsync', 25, 'backup'],
] as const)(
  '%s carries %i at once from the %s to every node and the VIP',
  async ([transport, count, from], { lab, undo, needsHosts }) => {
    if (transport === 'rsync') needsHosts('sshd');
    await configure(lab, undo, { transport });
    const [holder, backup] = await threeNodes(lab);
    const names = namesFor(`${transport}-${from}-${count}x`, count);

    const said = await issued(lab, from === 'holder' ? holder : backup, names);

    const subject = count === 1 ? names[0] : `${count} challenges`;
    expect(said).toContain(`${subject}: served by web1, web2, web3, vip ${lab.vips[0]} after `);
  },
);

test('rsync: a peer without sshd is named, and the next run finds it again', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('sshd');
  await configure(lab, undo, { transport: 'rsync', gate: { timeout: 3 } });
  const [web1, , web3] = await threeNodes(lab);
  undo(async () => await web3.startService('ssh'));
  await web3.stopService('ssh');
  const complaints = complaintsIn(await issue(lab, web1, namesFor('no-sshd')));
  expect(complaints).toContain('3 of 4 targets serve them');
  expect(complaints).toMatch(/web3 .*ssh.*[Cc]onnection refused.*; seen there: 404 from nginx/);
  expect(complaints).toContain(`tokens are left on web3 ${web3.address}`);
  await web3.startService('ssh');
  await issued(lab, web1, namesFor('sshd-again'));
});
