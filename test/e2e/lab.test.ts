import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { openLab, type Lab } from '../lab/lab.ts';
import { remainsOf, tracesBelow } from '../lab/traces.ts';

const JITI = fileURLToPath(new URL('../../node_modules/.bin/jiti', import.meta.url));
const HOLDER = fileURLToPath(new URL('../lab/holder.ts', import.meta.url));

describe('an open lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ install: false });
  });
  afterAll(() => lab.close());

  /** Asks for a file over the VIP, as the CA does. */
  const seenThroughVip = (path: string) =>
    lab.ca.check(['curl', '-sS', '-m', '5', `http://${lab.vips[0]}:${lab.ports.http}${path}`]);

  test('serves through the VIP what its holder has, wherever it moves', async () => {
    const path = '/.well-known/acme-challenge/whoami';
    await Promise.all(lab.nodes.map((node) => node.writeFile(`${node.paths.webroot}${path}`, node.name)));
    for (const node of lab.nodes.toReversed()) {
      await lab.moveVip(node);
      expect((await lab.holder()).name).toBe(node.name);
      expect(await seenThroughVip(path)).toBe(node.name);
    }
    expect(await lab.nodes[0]?.tokens()).toEqual(['whoami']);
  });

  test('hands the VIP over when keepalived stops on its holder', async () => {
    const before = await lab.holder();
    await before.stopService('keepalived');
    expect((await lab.holder()).name).not.toBe(before.name);
    await before.startService('keepalived');
  });

  test('issues to a plain certbot on the holder', async () => {
    const holder = await lab.holder();
    const args = ['certonly', '--webroot', '-w', holder.paths.webroot, '-d', 'plain.example.test'];
    expect(await lab.certbot(holder, args)).toMatchObject({ code: 0 });
    const chain = await holder.readFile(`${holder.paths.letsencrypt}/live/plain.example.test/fullchain.pem`);
    expect(chain).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(await lab.caLog()).toContain('http://plain.example.test');
  });

  test('brings a node back with its disk after its power was taken', async () => {
    const [, node] = lab.nodes;
    if (node === undefined) throw new Error('a lab of one node');
    const file = `${node.paths.webroot}/kept`;
    await node.writeFile(file, 'kept');
    await node.powerOff();
    const url = `http://${node.address}:${lab.ports.http}/`;
    expect((await lab.ca.run(['curl', '-sS', '-m', '1', url])).code).not.toBe(0);
    await node.boot();
    expect(await node.readFile(file)).toBe('kept');
    expect(await lab.ca.check(['curl', '-sS', '-m', '5', url])).toContain('404');
  });

  test('hands the VIP over when the cable of its holder is pulled', async ({ skip }) => {
    skip(lab.kind === 'loopback', 'there is no cable on loopback');
    const before = await lab.holder();
    await before.unplug();
    const after = await lab.holder();
    expect(after.name).not.toBe(before.name);
    const url = `http://${before.address}:${lab.ports.http}/`;
    expect(await after.run(['curl', '-sS', '-m', '1', url])).toMatchObject({ code: 28 });
    await before.plug();
    expect(await after.check(['curl', '-sS', '-m', '5', url])).toContain('404');
    expect((await lab.holder()).name).toBe(after.name);
  });

  test('says what a command that failed has written', async () => {
    const [node] = lab.nodes;
    await expect(node?.check(['sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow(
      /web1: sh .*exit 3\nwhy/s,
    );
    await expect(node?.run(['sleep', '60'], { timeoutMs: 200 })).rejects.toThrow('no end after 200 ms');
    const aborted = await node?.run(['sleep', '60'], { signal: AbortSignal.timeout(200) });
    expect(aborted?.code).toBe(137);
  });
});

test('two labs side by side do not meet, and nothing is left of them', async () => {
  const known = await tracesBelow(process.pid);
  const labs = await Promise.all([1, 2].map(() => openLab({ nodes: 1, install: false })));
  const traces = await tracesBelow(process.pid, known);
  expect(traces.processes.length).toBeGreaterThan(4);
  const [first, second] = labs.map((lab) => lab.nodes[0]);
  await first?.writeFile(`${first.paths.webroot}/mine`, 'mine');
  await expect(second?.readFile(`${second.paths.webroot}/mine`)).rejects.toThrow(/no such file/i);
  await Promise.all(labs.map((lab) => lab.close()));
  await Promise.all(labs.map((lab) => lab.close()));
  expect(await remainsOf(traces)).toEqual([]);
});

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
  'nothing is left of a program ended by %s',
  async (signal) => {
    const program = spawn(process.execPath, [JITI, HOLDER], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(program, 'exit');
    await once(program.stdout, 'data');
    const traces = await tracesBelow(program.pid ?? 0);
    expect(traces.processes.length).toBeGreaterThan(4);
    program.kill(signal);
    await ended;
    await eventually(async () => (await remainsOf(traces)).length === 0, {
      timeoutMs: 10_000,
      what: 'a lab to go with its program',
    });
    expect(await remainsOf(traces)).toEqual([]);
  },
);
