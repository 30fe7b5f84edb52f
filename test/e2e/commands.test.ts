import { expect } from 'vitest';
import { configure, serveInstead, threeNodes } from '../support/e2e-cluster.ts';
import { issued, namesFor } from '../support/e2e-issue.ts';
import { NO_CHALLENGES } from '../support/e2e-sites.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test.for([0, 1, 2])('drill passes from every node with the VIP on node %i', async (index, { lab }) => {
  await threeNodes(lab);
  const holder = lab.nodes[index];
  if (holder !== undefined) await lab.moveVip(holder);
  for (const node of lab.nodes) {
    const said = await node.check(['certbot-ha', 'drill']);
    for (const { name, address } of lab.nodes)
      expect(said).toContain(`${name} ${address}: served (1 attempt in `);
    expect(said).toContain(`vip ${lab.vips[0]}: served (`);
    expect(said).toMatch(/^drill passed in .* s: the CA would have found certbot-ha-drill\.invalid$/m);
  }
});

test('drill uses the names of the lineages', async ({ lab }) => {
  const [web1] = await threeNodes(lab);
  const names = namesFor('drilled', 2);
  await issued(lab, web1, names);
  const said = await web1.check(['certbot-ha', 'drill']);
  expect(said).toContain(`the CA would have found ${names.join(', ')}`);
  expect(await web1.check(['certbot-ha', 'drill', 'other.example.test'])).toContain(
    'found other.example.test',
  );
});

test('drill fails where a node does not serve, and says which and why', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 2 } });
  const [web1, , web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  const result = await web1.run(['certbot-ha', 'drill', 'a.example.test']);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(
    new RegExp(
      `^web3 ${web3.address}: 404 from nginx.*is the acme-challenge location in its configuration`,
      'm',
    ),
  );
  expect(result.stdout).toContain(
    `drill failed after 2 s: a.example.test not served everywhere (web3 ${web3.address})`,
  );
});

test('drill on a terminal draws a table, and again as its rows change', async ({ lab, undo }) => {
  const [web1, , web3] = await threeNodes(lab);
  undo(async () => await web3.startService('agent'));
  await web3.stopService('agent');
  let seen = '';
  const running = web1.run(
    ['script', '-qec', 'stty rows 24 cols 150; certbot-ha drill a.example.test', '/dev/null'],
    {
      env: { TERM: 'xterm' },
      onOutput: (chunk) => {
        seen += chunk;
      },
    },
  );
  await expect.poll(() => seen, { timeout: 10_000 }).toMatch(/web3 .*not served/);
  await web3.startService('agent');
  const { code, stdout } = await running;
  expect(code).toBe(0);
  // Rows are drawn over, not below one another.
  expect(stdout).toContain('\u001B[1A');
  const last = stdout.slice(stdout.lastIndexOf('TARGET'));
  expect(last).toMatch(/^TARGET +ADDRESS +STATE +ATTEMPTS +TIME +REASON/);
  expect(last).toMatch(new RegExp(`web3 +${web3.address} +served`));
  expect(last).toContain('drill passed in ');
});

test('status shows the holder, and whose agent cannot be reached', async ({ lab, undo, needsHosts }) => {
  needsHosts('a VIP on an interface');
  const [web1, web2, web3] = await threeNodes(lab);
  await lab.moveVip(web2);
  const all = await web1.check(['certbot-ha', 'status']);
  expect(all).toMatch(new RegExp(`^web2 +${web2.address} +${lab.vips[0]} +reachable`, 'm'));
  expect(all).toMatch(/^web1 \(self\) .* reachable/m);

  undo(async () => await web3.startService('agent'));
  await web3.stopService('agent');
  const { code, stdout } = await web1.run(['certbot-ha', 'status']);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^web3 .*unreachable .*agent port \d+: connection refused: is certbot-ha-agent running/m,
  );
  const json = await web1.run(['certbot-ha', 'status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    nodes: [{ agent: 'reachable' }, { agent: 'reachable' }, { node: 'web3', agent: 'unreachable' }],
    vips: [{ address: lab.vips[0], holder: 'web2' }],
  });
});
