import { expect, test } from '../lab/scene/scene.ts';

test(
  'a first certificate that nothing is configured for, then one that is served, then a web server that would not take it',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('a VIP on an interface');
    await scene.configure({ gate: { timeout: 5 } });
    const [web1, web2, web3] = scene.nodes;
    const name = scene.name('deployed');
    const first = await scene.tryIssue(web1, name, { deploys: true });
    scene.expectSuccess(first);
    expect(first.stdout.match(/not in use there/g)).toHaveLength(4);
    expect(first.stdout).toContain(`ssl_certificate ${web1.paths.letsencrypt}/live/${name}/fullchain.pem;`);
    for (const node of [web2, web3])
      expect(await scene.serial(node, name)).toBe(await scene.serial(web1, name));

    await scene.serve(name);
    const second = await scene.tryRenew(web1, name);
    scene.expectSuccess(second);
    expect(second.stdout).toContain(`vip ${scene.vip}: served (`);
    const serial = await scene.serial(web1, name);
    await scene.expectEverywhere(name, serial);

    // The one that runs certbot has the lineage; that its nginx is broken must not keep it from the others.
    const fix = await scene.breakNginx(web1);
    const third = await scene.tryRenew(web1, name);
    const complaints = third.deployComplaints;
    expect(complaints).toContain(`web2 ${web2.address}: served (`);
    expect(complaints).toContain(`web3 ${web3.address}: served (`);
    expect(complaints).toContain(
      `web1 ${web1.address}: outstanding: nginx -t: exit 1 [web-server-test-failed]`,
    );
    expect(complaints).toContain('unknown directive "this" in /etc/nginx/conf.d/broken.conf:1');
    const newest = await scene.serial(web1, name);
    expect(newest).not.toBe(serial);
    expect(await scene.served(name)).toEqual({ web1: serial, web2: newest, web3: newest, vip: serial });

    await fix();
    await scene.deploy(web1, name);
    await scene.expectEverywhere(name, newest);
  },
);
