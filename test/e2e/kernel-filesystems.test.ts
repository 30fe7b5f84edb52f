// @module-tag long
import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { describeInVms, test } from '../lab/vm/in-vms.ts';
import { answeredOf, byHook, plainly } from '../lab/vm/issuances.ts';
import { installed, NAME, putLineage } from '../lab/vm/lineage.ts';
import type { Vm, VmLab } from '../lab/vm/machine.ts';
import {
  INBOXES,
  mountNfs,
  mountSmb,
  serve,
  startNfsServer,
  startSmbServer,
  statusOf,
  TOKENS,
  WEBROOT,
} from '../lab/vm/mounted.ts';
import { authHook, cli, configure, giveVip, makeChallenge, watchInbox } from '../lab/vm/suite.ts';

// The kernel's clients of NFS and SMB, in virtual machines: this machine's kernel may have none.

/** How long a node goes on with 404 that has once been asked too early, with and without the mount option against it. */
const REMEMBERS_MS = 10_000;
const FORGETS_MS = 5_000;
/** certbot-ha's own 10 s, and the start of Node.js under software emulation. */
const SILENT_MS = 40_000;
const TIMES = 10;
const CERTIFICATES = { certificates: { lineages: { [NAME]: { served: [] } } }, webServer: { kind: 'none' } };

describeInVms(() => {
  test('NFS: a node that was asked too early goes on with 404; the gate waits, doctor and drill name the option that ends it', async ({
    vms,
  }) => {
    const [server, a, b] = await threeOf(vms);
    await startNfsServer(server);
    for (const vm of [a, b]) {
      await mountNfsTwice(vm, server, (text) => text.replace(',lookupcache=positive', ''));
      await serve(vm);
    }
    await configure([a, b], 90, CERTIFICATES);
    await giveVip(a);
    const remembered = await untilServedOn(a, b);
    expect(remembered).toBeGreaterThan(REMEMBERS_MS);
    expect(await sharingByDoctor(a)).toMatch(/absence-remembered.*lookupcache=positive/);
    expect((await cli(a, 'drill', 300_000)).stdout).toMatch(/lookupcache=positive.*\[absence-remembered\]/);
    const moved = { lab: vms, from: a, to: b, times: TIMES };
    const plain = await answeredOf({ ...moved, write: plainly });
    const onTop = await answeredOf({ ...moved, write: byHook });
    console.log(`NFS, VIP moved: ${wordsOf({ plain, onTop })}`);
    expect(plain).toBeLessThan(TIMES);
    expect(onTop).toBe(TIMES);

    for (const vm of [a, b]) {
      await vm.check(`umount ${WEBROOT} ${INBOXES}`);
      await mountNfsTwice(vm, server);
    }
    const forgotten = await untilServedOn(a, b);
    console.log(`NFS: 404 for ${remembered} ms; with lookupcache=positive ${forgotten} ms`);
    expect(forgotten).toBeLessThan(FORGETS_MS);
    const withOption = await answeredOf({ ...moved, write: plainly });
    console.log(`NFS with lookupcache=positive, VIP moved: plain ${withOption} of ${TIMES}`);
    expect(withOption).toBe(TIMES);
    expect(await sharingByDoctor(a)).toContain('"result":"pass"');
    expect((await cli(a, 'drill', 300_000)).stdout).not.toContain('absence-remembered');
    await expectDelivered(a, b);
    console.log(`NFS, cable pulled: ${await withoutServer(server, a)} ms`);
  });

  test('SMB: a node that was asked too early goes on with 404 for a moment, and the gate waits for it', async ({
    vms,
  }) => {
    const [server, a, b] = await threeOf(vms);
    await startSmbServer(server);
    for (const vm of [a, b]) {
      await mountSmb(vm, server);
      await mountSmb(vm, server, (text) =>
        text
          .replace('uid=certbot-ha,gid=certbot-ha', 'dir_mode=0700,file_mode=0600')
          .replace('server/acme', 'server/acme/inboxes')
          .replace(WEBROOT, INBOXES),
      );
      await serve(vm);
    }
    // As the agent does, which removes forgotten tokens.
    await b.check(
      `setpriv --reuid certbot-ha --regid certbot-ha --clear-groups sh -ec 'cd ${TOKENS}; >x; rm x'`,
    );
    await configure([a, b], 60, CERTIFICATES);
    await giveVip(a);
    const remembered = await untilServedOn(a, b);
    console.log(`SMB: 404 for ${remembered} ms`);
    expect(remembered).toBeLessThan(FORGETS_MS);
    const moved = { lab: vms, from: a, to: b, times: TIMES };
    const plain = await answeredOf({ ...moved, write: plainly });
    const onTop = await answeredOf({ ...moved, write: byHook });
    console.log(`SMB, VIP moved: ${wordsOf({ plain, onTop })}`);
    expect(onTop).toBe(TIMES);
    await expectDelivered(a, b);
    console.log(`SMB, cable pulled: ${await withoutServer(server, a)} ms`);
  });
});

/** The webroot, and the directory of all inboxes. */
async function mountNfsTwice(vm: Vm, server: Vm, change = (text: string) => text): Promise<void> {
  await mountNfs(vm, server, change);
  await mountNfs(vm, server, (text) =>
    change(text).replace('server:/', 'server:/inboxes').replace(WEBROOT, INBOXES),
  );
}

function wordsOf({ plain, onTop }: { readonly plain: number; readonly onTop: number }): string {
  return `plain ${plain} of ${TIMES}, certbot-ha ${onTop} of ${TIMES}`;
}

async function threeOf(vms: VmLab): Promise<readonly [Vm, Vm, Vm]> {
  return await Promise.all([
    vms.start({ name: 's', number: 20, diskMiB: 256 }),
    vms.start({ name: 'a', number: 11 }),
    vms.start({ name: 'b', number: 12 }),
  ]);
}

/** What certbot has on one node comes to the other through an inbox, which another user can neither read nor write. */
async function expectDelivered(a: Vm, b: Vm): Promise<void> {
  await putLineage(a);
  await b.check('rm -rf /etc/letsencrypt; mkdir /etc/letsencrypt');
  await watchInbox(b);
  const { code, stdout } = await cli(a, `deploy ${NAME}`, 300_000);
  expect({ code, stdout }).toMatchObject({ code: 0 });
  expect(await installed(b)).toBe(await installed(a));
  expect(await installed(b)).toMatch(/^600 root$/m);
  expect(await b.check(`stat -c '%a %U' ${INBOXES} ${INBOXES}/*`)).toMatch(/^(?:700 root\n?)+$/);
}

/** The hook ends while the server's cable is pulled, and says why; resolves to the milliseconds. All is well when it is back. */
async function withoutServer(server: Vm, a: Vm): Promise<number> {
  await server.unplug();
  const startedMs = performance.now();
  const { code, stdout } = await authHook(a, makeChallenge(), 120_000);
  const tookMs = Math.round(performance.now() - startedMs);
  await server.plug();
  expect(stdout).toContain(`[file-system-silent]`);
  expect(code).not.toBe(0);
  expect(tookMs).toBeLessThan(SILENT_MS);
  await a.check(`until timeout 5 ls ${TOKENS} >/dev/null; do sleep 0.5; done`, 180_000);
  expect((await authHook(a, makeChallenge(), 120_000)).stdout).toContain('served by a, b, vip');
  return tookMs;
}

/** What `certbot-ha doctor` says of what is shared, as JSON. */
async function sharingByDoctor(vm: Vm): Promise<string> {
  const { stdout } = await cli(vm, 'doctor --json 2>/dev/null', 300_000);
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly name: string }[] };
  return JSON.stringify(checks.find(({ name }) => name === 'sharing'));
}

/** Asks for a token before it is there, writes it on one node, and takes the time until the other serves it. */
async function untilServedOn(a: Vm, b: Vm): Promise<number> {
  const { token, validation } = makeChallenge();
  expect(await statusOf(b, token)).toBe(404);
  await a.check(`cd ${TOKENS} && printf %s ${validation} >.new && mv .new ${token}`);
  const startedMs = performance.now();
  await eventually(async () => (await statusOf(b, token)) === 200, {
    timeoutMs: 120_000,
    everyMs: 200,
    what: 'the other node serving what is written',
  });
  return Math.round(performance.now() - startedMs);
}
