import { expect, testIn } from '../lab/scene/scene.ts';

const both = testIn({ vips: ['192.168.69.10', 'fd69::10'] });
const only = testIn({ vips: ['fd69::10'] });
const CA_FETCH = /fd69::2 .*LetsEncrypt-Pebble-VA/;

both('an IPv4 and an IPv6 VIP are both held, and the CA comes by IPv6', async ({ scene }) => {
  scene.needsHosts('IPv6');
  const [web1, web2] = scene.nodes;
  const said = await scene.issue(web2, scene.names('both-vips', 2));
  expect(said).toContain('served by web1, web2, web3, vip 192.168.69.10, vip fd69::10 after');
  expect(await web1.readFile('/var/log/nginx/access.log')).toMatch(CA_FETCH);
});

only('an IPv6 VIP alone, moved to a backup', async ({ scene }) => {
  scene.needsHosts('IPv6');
  const [web1, web2] = scene.nodes;
  await scene.moveVip(web2);
  const said = await scene.issue(web1, scene.names('ipv6-vip', 2));
  expect(said).toContain('served by web1, web2, web3, vip fd69::10 after');
  expect(await web2.readFile('/var/log/nginx/access.log')).toMatch(CA_FETCH);
});
