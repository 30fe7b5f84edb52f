import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CommandIo } from '../../../lib/base/io.ts';
import { runDrill } from '../../../lib/commands/run-drill.ts';
import { eventsIn } from '../../support/cluster/event-files.ts';
import { expect, test } from '../../support/temporary.ts';

/** Two nodes that accept, and do not answer. */
async function muteNodes(
  directory: string,
  onConnected: (count: number) => void,
): Promise<{ readonly file: string }> {
  const connected = new Set<Socket>();
  const server = createServer((socket) => {
    connected.add(socket.on('error', () => undefined));
    onConnected(connected.size);
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
  return { file };
}

test('who interrupts a drill is told that once, and of no target that it has not answered in time', async ({
  directory,
}) => {
  const interruption = new AbortController();
  const { file } = await muteNodes(directory, (count) => {
    if (count === 2) interruption.abort();
  });
  const { said, io } = ioOf(file, interruption);
  expect(await runDrill(io, [])).toBe(1);
  expect(said).toEqual([expect.stringMatching(/^drill interrupted after .* \[drill-interrupted\]$/)]);
  expect(await eventsIn(join(directory, 'state'))).toMatchObject([
    { event: 'drill', outcome: 'drill-interrupted' },
  ]);
});

test('what lasts is told once where nothing is drawn, with what is waited for and how long', async ({
  directory,
}) => {
  const interruption = new AbortController();
  const { file } = await muteNodes(directory, () => undefined);
  const { said, io } = ioOf(file, interruption);
  const err = (line: string) => {
    said.push(line);
    interruption.abort();
  };
  expect(await runDrill({ ...io, err }, [], { timeout: '7', longMs: 1 })).toBe(1);
  expect(said[0]).toMatch(/^drill: waiting for .*, 7 s in all$/);
  expect(said.filter((line) => line.startsWith('drill: waiting'))).toHaveLength(1);
});

test('a drill has the seconds that it is given', async ({ directory }) => {
  const { file } = await muteNodes(directory, () => undefined);
  const { said, io } = ioOf(file, new AbortController());
  expect(await runDrill(io, [], { timeout: '1', bad: io.err })).toBe(1);
  expect(said.at(-1)).toMatch(/^drill failed after 1 s: /);
  expect(said.join('\n')).not.toContain('waiting');
  await expect(runDrill(io, [], { timeout: '0' })).rejects.toMatchObject({
    findings: [{ problem: '--timeout: expected a number of seconds from 1 to 600, got "0"' }],
  });
});

function ioOf(file: string, interruption: AbortController) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const io: CommandIo = {
    ...{ env: { CERTBOT_HA_CONFIG: file }, out: say, err: say, pid: process.pid, isTerminal: false },
    interruption: () => interruption.signal,
  };
  return { said, io };
}
