import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { givenSockets } from '../../../lib/agent/given-sockets.ts';
import { listeningAt, placeIn } from '../../../lib/net/listening-socket.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B02000A:2508 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17261 1 0000 100 0 0 10 0
   1: 0B02000A:2508 0C02000A:C350 01 00000000:00000000 00:00000000 00000000     0        0 17262 1 0000 20 0 0 10 -1
`;
const TABLE_OF_6 = `  sl  local_address                         remote_address                        st tx_queue …
   0: B80D01200000000000000000110000FF:2509 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 99 1
`;

describe('where a socket listens', () => {
  test.for([
    ['of IPv4', TABLE, '17261', { address: '10.0.2.11', port: 9480 }],
    ['of IPv6', TABLE_OF_6, '99', { address: '2001:db8::ff00:11', port: 9481 }],
    ['that does not listen', TABLE, '17262', null],
    ['that is not in the table', TABLE, '1726', null],
  ] as const)('one %s', ([, table, inode, place]) => {
    expect(placeIn(table, inode)).toEqual(place);
  });

  test.for(['127.0.0.1', '::1'] as const)('one of this process, on %s', async (host) => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    const places = readdirSync('/proc/self/fd').map((descriptor) => listeningAt(Number(descriptor)));
    expect(places).toContainEqual({ address: host, port });
  });

  test('what is no socket listens nowhere', () => {
    expect([listeningAt(0), listeningAt(9_999)]).toEqual([null, null]);
  });
});

describe('sockets that systemd has given', () => {
  test.for([
    ['no process', {}],
    ['another process', { LISTEN_PID: '18', LISTEN_FDS: '1' }],
    ['this process, and are none', { LISTEN_PID: '17', LISTEN_FDS: '0' }],
  ] as const)('are none where they are meant for %s, and nothing differs', ([, env]) => {
    const given = givenSockets(env, 17);
    expect(given.take({ address: '192.0.2.11', port: 9480 })).toBeNull();
    expect(given.differences()).toBeNull();
  });
});
