import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createNameLookup } from '../../../lib/net/socket-lookup.ts';

describe("the look-up of a node's name", () => {
  test.for([true, false])('leads a socket there (tries all addresses: %s)', async (autoSelectFamily) => {
    const server = createServer((socket) => socket.end('web2')).listen(0, 'localhost');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { lookup } = createNameLookup(5_000);
    const socket = connect({ host: 'localhost', port, lookup, autoSelectFamily });
    const [said] = (await once(socket, 'data')) as [Buffer];
    expect(said.toString()).toBe('web2');
  });

  test('fails for a name without an address', async () => {
    const { lookup } = createNameLookup(5_000);
    const socket = connect({ host: 'a..b', port: 1, lookup });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('ends with what it is for', async () => {
    const { lookup, giveUp } = createNameLookup(5_000);
    giveUp();
    const socket = connect({ host: 'localhost', port: 1, lookup });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });
});
