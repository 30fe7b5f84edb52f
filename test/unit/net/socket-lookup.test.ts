import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { shakeHands } from '../../../lib/gate/tls-handshake.ts';
import { createNameLookup } from '../../../lib/net/socket-lookup.ts';
import { findProcess } from '../../../lib/system/processes.ts';
import { eventually } from '../../lab/eventually.ts';
import { getentIs } from '../../support/programs/getent.ts';
import { expect, test } from '../../support/temporary.ts';

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

  test('passes over what /etc/hosts has of the own name on the loopback interface', async ({ directory }) => {
    await getentIs(directory, "printf '%s STREAM\\n' 127.0.1.1 192.0.2.1 ::1");
    expect(await createNameLookup(5_000).addressesOf('web1')).toEqual(['192.0.2.1']);
    await getentIs(directory, "printf '%s STREAM\\n' 127.0.1.1");
    expect(await createNameLookup(5_000).addressesOf('web1')).toEqual(['127.0.1.1']);
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

  test('asks once for a name, however many sockets want it', async ({ directory }) => {
    const asked = join(directory, 'asked');
    await getentIs(directory, `echo "$2" >>${asked}; sleep 0.2; echo '127.0.0.1 STREAM'`);
    const { lookup } = createNameLookup(5_000);
    const found = () => new Promise((resolve) => lookup('web2', {}, (_error, address) => resolve(address)));
    expect(await Promise.all([found(), found()])).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(await found()).toBe('127.0.0.1');
    expect(await readFile(asked, 'utf8')).toBe('web2\n');
  });

  test('asks again for a name that was not found', async ({ directory }) => {
    await getentIs(directory, `[ -e ${directory}/there ] && echo '127.0.0.1 STREAM' || exit 2`);
    const { lookup } = createNameLookup(5_000);
    const found = () => new Promise((resolve) => lookup('web2', {}, (error) => resolve(error?.code)));
    expect(await found()).toBe('ENOTFOUND');
    await writeFile(join(directory, 'there'), '');
    expect(await found()).toBeUndefined();
  });
});

test('a handshake with a node by name, and its look-up, end when the signal aborts', async ({
  directory,
}) => {
  const alive = join(directory, 'alive');
  await getentIs(directory, `echo $$ >${alive}; exec sleep 30`);
  const over = new AbortController();
  const endpoint = { who: 'node', address: 'web2.test', port: 443, servername: null } as const;
  const handshake = shakeHands(endpoint, over.signal);
  await eventually(async () => (await readdir(directory)).includes('alive'), {
    timeoutMs: 5_000,
    what: 'the name is being looked up',
  });
  const pid = Number(await readFile(alive, 'utf8'));
  over.abort();
  expect(await handshake).toMatchObject({ kind: 'unknown', reason: { code: 'no-time-left' } });
  await eventually(async () => findProcess(pid) === null, { timeoutMs: 5_000, what: 'getent is gone' });
});
