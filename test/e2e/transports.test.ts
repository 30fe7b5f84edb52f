import { expect, test } from '../lab/scene/scene.ts';

/** Two nodes issue, each with an account of its own. Were they brought to the other, certbot would ask which to use. */
const OWN_ACCOUNTS = { certificates: { mode: 'per-node' } };

for (const [transport, count, from, tags] of [
  ['http', 1, 'holder', ['core']],
  ['http', 1, 'backup', []],
  ['http', 25, 'holder', []],
  ['http', 25, 'backup', []],
  ['rsync', 1, 'holder', []],
  ['rsync', 1, 'backup', ['core']],
  ['rsync', 25, 'holder', []],
  ['rsync', 25, 'backup', []],
] as const) {
  const what = `${transport} carries ${count} at once from the ${from} to every node and the VIP`;
  test(what, { tags: [...tags] }, async ({ scene }) => {
    if (transport === 'rsync') scene.needsHosts('sshd');
    await scene.configure({ ...OWN_ACCOUNTS, transport });
    const [holder, backup] = scene.nodes;
    const names = scene.names(`${transport}-${from}-${count}x`, count);

    const said = await scene.issue(from === 'holder' ? holder : backup, names);

    const subject = count === 1 ? names[0] : `${count} challenges`;
    expect(said).toContain(`${subject}: served by web1, web2, web3, vip ${scene.vip} after `);
  });
}

test('rsync: a peer without sshd is named, and the next run finds it again', async ({ scene }) => {
  scene.needsHosts('sshd');
  await scene.configure({ ...OWN_ACCOUNTS, transport: 'rsync', gate: { timeout: 3 } });
  const [web1, , web3] = scene.nodes;
  const back = await scene.stop(web3, 'ssh');
  // It would look the token up at its peers.
  const agentBack = await scene.stop(web3, 'agent');
  const { complaints } = await scene.tryIssue(web1, scene.name('no-sshd'));
  expect(complaints).toContain('3 of 4 targets serve them');
  expect(complaints).toMatch(/web3 .*ssh.*[Cc]onnection refused.*; seen there: 404 from nginx/);
  expect(complaints).toContain(`tokens may be left on web3 ${web3.address}`);
  await back();
  await agentBack();
  await scene.issue(web1, scene.name('sshd-again'));
});
