// @module-tag long
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { describeInVms, test } from '../lab/vm/in-vms.ts';
import { answeredOf, byHook, plainly } from '../lab/vm/issuances.ts';
import { notify, serve, startDrbd, TOKENS, WEBROOT } from '../lab/vm/mounted.ts';
import { askVip, authHook, cli, configure, giveVip, makeChallenge } from '../lab/vm/suite.ts';

const TIMES = 10;
const DRBD = {
  transport: { challenges: 'shared', lineages: 'http' },
  webServer: { kind: 'nginx', runsOn: 'holder' },
};

describeInVms(() => {
  test('DRBD: the holder of the VIP alone writes; what certbot-ha has written survives a power cut whole, and what is not synced does not', async ({
    vms,
  }) => {
    const [a, b] = await Promise.all([
      vms.start({ name: 'a', number: 11, diskMiB: 128 }),
      vms.start({ name: 'b', number: 12, diskMiB: 128 }),
    ]);
    await startDrbd(a, b);
    await configure([a, b], 60, DRBD);
    await giveVip(a);
    for (const vm of [a, b]) await serve(vm);
    const standby = await b.run(`mount -o ro /dev/drbd0 ${WEBROOT}`);
    expect(standby.stdout).toContain('Wrong medium type');
    const refused = await authHook(b, makeChallenge(), 90_000);
    expect(refused.stdout).toContain('[webroot-on-standby]');
    for (const vm of [a, b])
      await vm.check(`(umask 027; printf '${'ab'.repeat(32)}\\n' >/etc/certbot-ha/cluster.key)`);
    expect((await cli(a, 'status', 300_000)).stdout).toMatch(/^a \(self\) .*\/dev\/drbd0/m);

    const moved = { lab: vms, from: a, to: b, times: TIMES };
    // The VIP moves, and nobody promotes: certbot-ha can do nothing about that.
    const unpromoted = await answeredOf({ ...moved, write: plainly });
    expect(unpromoted).toBe(0);
    const handOver = async (from: typeof a, to: typeof a) => {
      await notify(from, 'BACKUP');
      await notify(to, 'MASTER');
    };
    const plain = await answeredOf({ ...moved, handOver, write: plainly });
    const onTop = await answeredOf({ ...moved, handOver, write: byHook });
    expect([plain, onTop]).toEqual([TIMES, TIMES]);
    console.log(
      `DRBD, VIP moved: plain ${unpromoted} of ${TIMES}; DRBD promoted as well: plain ${plain} of ${TIMES}, certbot-ha ${onTop} of ${TIMES}`,
    );

    await a.check(`printf unsynced >${TOKENS}/unsynced`);
    const sinceMs = performance.now();
    const challenge = makeChallenge();
    expect(await authHook(a, challenge, 90_000)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('served by vip'),
    });
    // That is what is measured: long enough for what lies about to be written, one would think.
    await pause(Math.max(0, UNSYNCED_MS - (performance.now() - sinceMs)));
    const unsyncedMs = Math.round(performance.now() - sinceMs);
    await a.cut();
    await giveVip(b);
    await notify(b, 'MASTER');

    expect(await b.check(`cat ${TOKENS}/${challenge.token}`)).toBe(challenge.validation);
    expect(await askVip(vms, challenge.token)).toBe(challenge.validation);
    expect(await b.check(`cat ${TOKENS}/unsynced 2>/dev/null || true`)).toBe('');
    console.log(`DRBD: what had not been synced for ${unsyncedMs} ms was empty or not there`);
    expect(await authHook(b, makeChallenge(), 90_000)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('served by vip'),
    });
  });
});

const UNSYNCED_MS = 8_000;
