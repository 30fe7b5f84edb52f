import { startDns } from '../lab/scene/dns.ts';
import { expect, test } from '../lab/scene/scene.ts';

test('a wildcard by DNS-01 and its name by HTTP-01, through name servers of which one is slow, reach every node, and any of them renews', async ({
  scene,
}) => {
  scene.needsHosts('name servers of a zone');
  const dns = await startDns(scene);
  const [web1, web2] = scene.nodes;
  await scene.configure({ dns: dns.settings, gate: { timeout: 30 } });

  const drill = await web1.run(['certbot-ha', 'drill', '*.dns.test', 'delegated.dns.test', '--dns']);
  expect(drill).toMatchObject({ code: 0 });
  // Who is waited for is told once it takes seconds: the slow one.
  expect(drill.stderr).toMatch(
    /^(?:certbot-ha: drill: waiting for ns2\.dns\.test 192\.168\.69\.52 \((?:dns|acme)\.test\)(?:, ns2.*)?, 30 s in all\n)?$/,
  );
  // Each server for each of the two zones.
  expect(drill.stdout).toMatch(
    /^(?:ns([123])\.dns\.test 192\.168\.69\.5\1 \(dns\.test\): served .*\n){3}(?:ns([123])\.dns\.test 192\.168\.69\.5\2 \(acme\.test\): served .*\n){3}drill passed in \S+ s: every name server serves dns\.test, delegated\.dns\.test\n$/,
  );

  const run = await scene.certonly(web1, 'dns.test', ['-d', '*.dns.test']);
  expect(run).toMatchObject({ code: 0 });
  const ofCertbot = run.stdout + run.stderr;
  expect(ofCertbot).toMatch(/ dns\.test: served by web1, web2, web3, vip /);
  expect(ofCertbot).toMatch(
    /_acme-challenge\.dns\.test: served by ns1\.dns\.test 192\.168\.69\.51, ns2\.dns\.test 192\.168\.69\.52, ns3\.dns\.test 192\.168\.69\.53 after /,
  );
  for (const server of [dns.primary, dns.slow]) {
    await expect
      .poll(async () => await server.values('_acme-challenge.dns.test'), { timeout: 10_000 })
      .toEqual([]);
  }
  await scene.serve('dns.test');
  const first = await scene.serial(web1, 'dns.test');
  await scene.expectEverywhere('dns.test', first);

  await scene.moveVip(web2);
  const renewed = await scene.renew(web2, 'dns.test', { hooks: 2 });
  expect(renewed).toContain('_acme-challenge.dns.test: served by ');
  const second = await scene.serial(web2, 'dns.test');
  expect(second).not.toBe(first);
  await scene.expectEverywhere('dns.test', second);

  // Knot dies after it has been seen to have the record, while another one is waited for.
  const restore = await dns.slow.cutOff();
  let said = '';
  const drilling = web1.run(['certbot-ha', 'drill', '--dns', 'dns.test'], {
    onOutput: (chunk) => void (said += chunk),
  });
  await expect
    .poll(() => said, { timeout: 15_000 })
    .toContain('drill: waiting for ns2.dns.test 192.168.69.52, 30 s in all');
  await dns.knot.kill();
  await restore();
  expect(await drilling).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ns3\.dns\.test 192\.168\.69\.53: served /m) as string,
  });

  // Nothing listens there any more.
  await scene.configure({ dns: dns.settings, gate: { timeout: 4 } });
  const failed = await web1.run(['certbot-ha', 'drill', '--dns', 'dns.test']);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain(
    'ns3.dns.test 192.168.69.53: port 53: connection refused: is a name server running there, and listening on this address?',
  );
  await scene.configure({ dns: dns.settings, gate: { timeout: 30, require: 'available' } });
  const args = ['--preferred-challenges', 'dns', '-d', '*.delegated.dns.test'];
  const without = await scene.certonly(web2, 'delegated.dns.test', args);
  expect(without).toMatchObject({ code: 0 });
  expect(without.stdout + without.stderr).toMatch(
    /2 TXT records: served by ns1\.dns\.test 192\.168\.69\.51, ns2\.dns\.test 192\.168\.69\.52 after \S+ s; without ns3\.dns\.test 192\.168\.69\.53 \((?:dns|acme)\.test\): port 53: connection refused/,
  );
  // One certbot run renews both lineages, one by both types and one by DNS-01 alone.
  expect(await dns.primary.values('delegated.acme.test')).toEqual([]);
  await scene.renew(web2, 'all', { hooks: 4 });
  await scene.expectEverywhere('dns.test', await scene.serial(web2, 'dns.test'));
});
