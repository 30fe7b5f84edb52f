import { expect, test } from 'vitest';
import { configOf } from '../../../../lib/cluster/config.ts';
import { accessOf, addressesOf } from '../../../../lib/setup/firewall/sources.ts';

test('a peer with an IPv4-mapped address comes by IPv4', async () => {
  const config = configOf(
    '/etc/certbot-ha/config.yaml',
    "nodes: {web1: 192.0.2.11, web2: '::ffff:192.0.2.12', web3: 'web3.example', web4: '2001:db8::14'}\n",
  );
  const [self, ...peers] = config.nodes;
  if (self === undefined) throw new Error('no node');
  const lookUp = async () => await Promise.resolve(['::ffff:c000:20d']);
  const access = await accessOf({ config, self, peers }, lookUp, AbortSignal.timeout(5_000));
  expect({ ip: addressesOf(access, 'ip'), ip6: addressesOf(access, 'ip6') }).toEqual({
    ip: ['192.0.2.12', '192.0.2.13'],
    ip6: ['2001:db8::14'],
  });
});
