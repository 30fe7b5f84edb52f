// @module-tag slow
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findCluster } from '../../../lib/cluster/cluster.ts';
import { readConfig } from '../../../lib/cluster/load.ts';
import { AGENT, AGENT_SOCKET } from '../../../lib/cluster/own-units.ts';
import { holdAddresses } from '../../../lib/units/hold.ts';
import { SOCKET_DROP_IN } from '../../../lib/units/socket.ts';
import { uninstall } from '../../../lib/units/uninstall.ts';
import { expect, test } from '../../support/temporary.ts';
import { configure, makeHost, type TestHost } from './host.ts';

/** A host with a package's units. */
async function packaged(directory: string): Promise<TestHost> {
  const host = await makeHost(directory);
  for (const unit of [AGENT_SOCKET, AGENT]) await host.put(`usr/lib/systemd/system/${unit}`, '');
  await configure(host);
  return host;
}

const hold = async (host: TestHost, more: Partial<TestHost> = {}) =>
  await holdAddresses(await findCluster(readConfig(host.env), host.env), { ...host, ...more });

const WRITTEN = [`done: write ${SOCKET_DROP_IN}`, 'done: run systemctl daemon-reload'];

test('the socket has the addresses of the configuration, once and after each change, and uninstall takes it back', async ({
  directory,
}) => {
  const host = await packaged(directory);
  await hold(host, { isDryRun: true });
  expect(host.said()[0]).toBe(`would write ${SOCKET_DROP_IN}`);
  expect(host.ran).toEqual([]);

  await hold(host);
  expect(host.said()).toEqual([
    ...WRITTEN,
    `done: run systemctl enable ${AGENT_SOCKET}`,
    `done: run systemctl start ${AGENT_SOCKET}`,
  ]);
  expect(await host.read(SOCKET_DROP_IN)).toContain(
    'ListenStream=\nListenStream=192.0.2.11:9480\nListenStream=127.0.0.1:9481\n',
  );
  host.enabled.add(AGENT);
  await hold(host);
  expect(host.said()).toEqual([]);

  await configure(host, '', { address: '192.0.2.21' });
  await hold(host);
  expect(host.said()).toEqual([
    `done: update ${SOCKET_DROP_IN}`,
    'done: run systemctl daemon-reload',
    `done: run systemctl stop ${AGENT_SOCKET} ${AGENT}`,
    `done: run systemctl start ${AGENT_SOCKET} ${AGENT}`,
  ]);
  expect(await host.read(SOCKET_DROP_IN)).toContain('ListenStream=192.0.2.21:9480\n');

  await uninstall(host);
  expect(await host.tree()).not.toContain(SOCKET_DROP_IN);
});

test('an agent that listens by itself already hands its addresses over', async ({ directory }) => {
  const host = await packaged(directory);
  host.enabled.add(AGENT);
  await hold(host);
  expect(host.said()).toEqual([
    ...WRITTEN,
    `done: run systemctl enable ${AGENT_SOCKET}`,
    `done: run systemctl stop ${AGENT}`,
    `done: run systemctl start ${AGENT_SOCKET} ${AGENT}`,
  ]);
});

test('a socket that cannot listen is told', async ({ directory }) => {
  const host = await packaged(directory);
  host.failing = /start certbot-ha-agent.socket/;
  await expect(hold(host)).rejects.toMatchObject({
    findings: [{ code: 'set-up-command-failed', command: `systemctl start ${AGENT_SOCKET}` }],
  });
});

test('what somebody has changed is kept', async ({ directory }) => {
  const host = await packaged(directory);
  await host.put(SOCKET_DROP_IN, '[Socket]\n');
  await hold(host);
  expect(host.said()[0]).toContain(`kept: ${SOCKET_DROP_IN}: not as certbot-ha install writes it`);
  expect(await host.read(SOCKET_DROP_IN)).toBe('[Socket]\n');
});

test.for([
  ['an agent', 'transport: shared\n', ''],
  ['systemd', '', 'run/systemd/system'],
  ['the unit', '', `usr/lib/systemd/system/${AGENT_SOCKET}`],
] as const)('nothing is done without %s', async ([, more, gone], { directory }) => {
  const host = await packaged(directory);
  await configure(host, more);
  if (gone !== '') await rm(join(directory, gone), { recursive: true });
  await hold(host);
  expect(host.said()).toEqual([]);
  expect(host.ran).toEqual([]);
  expect(await host.tree()).not.toContain(SOCKET_DROP_IN);
});
