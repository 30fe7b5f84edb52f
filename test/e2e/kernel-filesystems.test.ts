// @module-tag long
import { describe, expect, test as base } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { openVmLab, type VmLab } from '../lab/vm/machine.ts';
import {
  hasBeenAsked,
  mountNfs,
  mountSmb,
  serve,
  startDrbd,
  startNfsServer,
  startSmbServer,
  statusOf,
  takeOver,
  TOKENS,
  WEBROOT,
} from '../lab/vm/mounted.ts';
import { authHook, configure, makeChallenge } from '../lab/vm/suite.ts';
import { vmSystem, type VmSystem } from '../lab/vm/system.ts';
import type { Vm } from '../lab/vm/machine.ts';

// What needs a kernel of its own runs in virtual machines: DRBD, and the kernel's clients of NFS and SMB.

const system = await vmSystem();
const test = base.extend<{ vms: VmLab }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from its first parameter
  vms: async ({}, use) => {
    const lab = await openVmLab(system as VmSystem);
    await use(lab);
    await lab.close();
  },
});

const SMALL = { diskMiB: 128 };
/** How long a node goes on with 404 that has once been asked too early, with and without the mount option against it. */
const REMEMBERS_MS = 10_000;
const FORGETS_MS = 5_000;

// Under software emulation: minutes, and more beside other work.
const PATIENCE = { timeout: 900_000 };

describe.skipIf('lacks' in system)('in virtual machines', PATIENCE, () => {
  test('DRBD: a token of certbot-ha survives a power cut whole, and what is not synced does not', async ({
    vms,
  }) => {
    const [a, b] = await Promise.all([
      vms.start({ name: 'a', number: 11, ...SMALL }),
      vms.start({ name: 'b', number: 12, ...SMALL }),
    ]);
    await startDrbd(a, b);
    await configure([a, b], 60);
    const standby = await b.run(`mount -o ro /dev/drbd0 ${WEBROOT}`);
    expect(standby.stdout).toContain('Wrong medium type');

    const challenge = makeChallenge();
    const file = `${TOKENS}/${challenge.token}`;
    await a.check(`printf unsynced >${TOKENS}/unsynced`);
    // On the other node nobody answers, so it goes on asking: what it has written is written by then.
    await serve(a, { 80: WEBROOT });
    const hook = authHook(a, challenge, 90_000).catch(() => null);
    await hasBeenAsked(a, challenge.token);
    await a.cut();
    await takeOver(b);

    expect(await b.check(`cat ${file}`)).toBe(challenge.validation);
    expect(await b.check(`cat ${TOKENS}/unsynced 2>/dev/null || true`)).toBe('');
    await hook;
  });

  test('NFS: a node that was asked too early goes on with 404, a mount option ends it, and the gate waits for it', async ({
    vms,
  }) => {
    const [server, a, b] = await threeOf(vms);
    await startNfsServer(server);
    await mountNfs(a, server, WEBROOT);
    await mountNfs(b, server, WEBROOT);
    await mountNfs(b, server, '/srv/positive', 'lookupcache=positive,nosharecache');
    await serve(a, { 80: WEBROOT });
    await serve(b, { 80: WEBROOT, 81: '/srv/positive' });

    const times = await untilServedOn(a, b, [80, 81]);
    expect(times[80]).toBeGreaterThan(REMEMBERS_MS);
    expect(times[81]).toBeLessThan(FORGETS_MS);
    console.log(`NFS: 404 for ${times[80]} ms; with lookupcache=positive ${times[81]} ms`);

    await configure([a, b], 90);
    const challenge = makeChallenge();
    expect(await statusOf(b, challenge.token)).toBe(404);
    const startedMs = performance.now();
    const { code, stdout } = await authHook(a, challenge, 120_000);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('served by a, b, vip') });
    expect(performance.now() - startedMs).toBeGreaterThan(REMEMBERS_MS);
    expect(await statusOf(b, challenge.token)).toBe(200);
  });

  test('SMB: a node that was asked too early goes on with 404 for a moment, and the gate waits for it', async ({
    vms,
  }) => {
    const [server, a, b] = await threeOf(vms);
    await startSmbServer(server);
    await mountSmb(a, server, WEBROOT);
    await mountSmb(b, server, WEBROOT);
    await serve(a, { 80: WEBROOT });
    await serve(b, { 80: WEBROOT });

    const times = await untilServedOn(a, b, [80]);
    expect(times[80]).toBeLessThan(FORGETS_MS);
    console.log(`SMB: 404 for ${times[80]} ms`);

    await configure([a, b], 60);
    const challenge = makeChallenge();
    expect(await statusOf(b, challenge.token)).toBe(404);
    const { code, stdout } = await authHook(a, challenge, 90_000);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('served by a, b, vip') });
  });
});

async function threeOf(vms: VmLab): Promise<readonly [Vm, Vm, Vm]> {
  return await Promise.all([
    vms.start({ name: 's', number: 20, diskMiB: 256 }),
    vms.start({ name: 'a', number: 11 }),
    vms.start({ name: 'b', number: 12 }),
  ]);
}

/** Asks for a token before it is there, writes it on one node, and takes the time until the other serves it. */
async function untilServedOn(
  a: Vm,
  b: Vm,
  ports: readonly number[],
): Promise<Readonly<Record<number, number>>> {
  const { token, validation } = makeChallenge();
  for (const port of ports) expect(await statusOf(b, token, port)).toBe(404);
  await a.check(`cd ${TOKENS} && printf %s ${validation} >.new && mv .new ${token}`);
  const startedMs = performance.now();
  const one = async (port: number) => {
    await eventually(async () => (await statusOf(b, token, port)) === 200, {
      timeoutMs: 120_000,
      everyMs: 200,
      what: `port ${port} serving what is written`,
    });
    return [port, Math.round(performance.now() - startedMs)] as const;
  };
  return Object.fromEntries(await Promise.all(ports.map(one)));
}
