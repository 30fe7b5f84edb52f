import { expect, testIn } from '../lab/scene/scene.ts';

// Whoever asks for an address names no host: the only site on port 443 answers.
const test = testIn({ webServerPort443: false });

test(
  'a certificate for the VIP itself, and its renewal, reach every node',
  { tags: ['core'] },
  async ({ scene, skip }) => {
    scene.needsHosts('a VIP on an interface');
    const [web1] = scene.nodes;
    const { stdout: help } = await web1.run(['certbot', '--help', 'certonly']);
    skip(!help.includes('--ip-address'), 'this certbot cannot ask for an IP address, 5.3 was the first');
    const { vip } = scene;

    const run = await scene.tryIssue(web1, [], { deploys: true, args: ['--ip-address', vip] });

    scene.expectSuccess(run);
    expect(run.stdout).toContain(`${vip}: served by web1, web2, web3, vip ${vip} after `);
    await scene.expectCertificate(web1, vip);
    await scene.serve(vip);
    const first = await scene.serial(web1, vip);
    await scene.expectEverywhere(vip, first);

    await scene.renew(web1, vip);

    const second = await scene.serial(web1, vip);
    expect(second).not.toBe(first);
    await scene.expectEverywhere(vip, second);
  },
);
