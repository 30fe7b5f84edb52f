import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runDrill } from '../../../lib/commands/run-drill.ts';
import { expect, test } from '../../support/temporary.ts';

test('who interrupts a drill is told that once, and of no target that it has not answered in time', async ({
  directory,
}) => {
  const interruption = new AbortController();
  const connected = new Set<Socket>();
  // Two nodes that accept, and do not answer.
  const server = createServer((socket) => {
    connected.add(socket.on('error', () => undefined));
    if (connected.size === 2) interruption.abort();
  }).listen(0, '0.0.0.0');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of connected) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const file = join(directory, 'config.yaml');
  await mkdir(join(directory, 'webroot'));
  const lines = [
    ...['self: web1', 'nodes: {web1: 127.0.0.1, web2: 127.0.0.2}', 'transport: shared'],
    ...[`stateDir: ${directory}/state`, `webroot: ${directory}/webroot`, `gate: {httpPort: ${port}}`],
    `certificates: {configDir: ${directory}/letsencrypt}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const io: CommandIo = {
    ...{ env: { CERTBOT_HA_CONFIG: file }, out: say, err: say, pid: process.pid, isTerminal: false },
    interruption: () => interruption.signal,
  };
  expect(await runDrill(io, [])).toBe(1);
  expect(said).toEqual([expect.stringMatching(/^drill interrupted after .* \[drill-interrupted\]$/)]);
});
