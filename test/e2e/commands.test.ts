import { eventually, expect, test } from '../lab/scene/scene.ts';

test.for([0, 1, 2])('drill passes from every node with the VIP on node %i', async (index, { scene }) => {
  const holder = scene.nodes[index];
  if (holder !== undefined) await scene.moveVip(holder);
  for (const node of scene.nodes) {
    const said = await node.check(['certbot-ha', 'drill']);
    for (const { name, address } of scene.nodes)
      expect(said).toContain(`${name} ${address}: served (1 attempt in `);
    expect(said).toContain(`vip ${scene.vip}: served (`);
    expect(said).toMatch(/^drill passed in .* s: every node and VIP serves certbot-ha-drill\.invalid$/m);
  }
});

test('drill uses the names of the lineages', async ({ scene }) => {
  const [web1] = scene.nodes;
  const names = scene.names('drilled', 2);
  await scene.issue(web1, names);
  const said = await web1.check(['certbot-ha', 'drill']);
  expect(said).toContain(`every node and VIP serves ${names.join(', ')}`);
  expect(await web1.check(['certbot-ha', 'drill', 'other.example.test'])).toContain(
    'serves other.example.test',
  );
});

test('drill fails where a node does not serve, and says which and why', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 2 } });
  const [web1, , web3] = scene.nodes;
  await scene.hideChallenges(web3);
  const result = await web1.run(['certbot-ha', 'drill', 'a.example.test']);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(
    new RegExp(
      `^web3 ${web3.address}: 404 from nginx.*is the acme-challenge location in its configuration`,
      'm',
    ),
  );
  expect(result.stdout).toContain(
    `drill failed after 2 s: a.example.test not served everywhere (web3 ${web3.address}) [drill-failed]`,
  );
});

test('drill on a terminal draws a table, and again as its rows change', async ({ scene }) => {
  const [web1, , web3] = scene.nodes;
  const back = await scene.stop(web3, 'agent');
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
  await eventually(async () => seen, {
    until: (text) => /web3 .*not served/.test(text),
    ...{ timeoutMs: 10_000, what: 'web3 in the table' },
  });
  await back();
  const { code, stdout } = await running;
  expect(code).toBe(0);
  // Rows are drawn over, not below one another.
  expect(stdout).toContain('\u001B[1A');
  const last = stdout.slice(stdout.lastIndexOf('TARGET'));
  expect(last).toMatch(/^TARGET +ADDRESS +STATE +ATTEMPTS +TIME +REASON/);
  expect(last).toMatch(new RegExp(`web3 +${web3.address} +served`));
  expect(last).toContain('drill passed in ');
});

test('status shows the holder, and whose agent cannot be reached', async ({ scene }) => {
  scene.needsHosts('a VIP on an interface');
  const [web1, web2, web3] = scene.nodes;
  await scene.moveVip(web2);
  const all = await web1.check(['certbot-ha', 'status']);
  expect(all).toMatch(new RegExp(`^web2 +${web2.address} +${scene.vip} +reachable`, 'm'));
  expect(all).toMatch(/^web1 \(self\) .* reachable/m);

  await scene.stop(web3, 'agent');
  const { code, stdout } = await web1.run(['certbot-ha', 'status']);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^web3 .*unreachable .*agent port \d+: connection refused: is certbot-ha-agent running/m,
  );
  const json = await web1.run(['certbot-ha', 'status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    nodes: [{ agent: 'reachable' }, { agent: 'reachable' }, { node: 'web3', agent: 'unreachable' }],
    vips: [{ address: scene.vip, holder: 'web2' }],
  });
});
