import { expect, test } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

test(
  'the issuer is gone: the new holder renews the same lineage with the same account, and the old one catches up',
  { tags: ['core'] },
  async ({ scene }) => {
    scene.needsHosts('systemd');
    await scene.configure({ gate: { timeout: 5, require: 'available' } });
    const [web1] = scene.nodes;
    const name = scene.name('takeover');
    const first = await scene.issueEverywhere(web1, name);
    const accounts = await scene.accounts(web1);
    expect(accounts).toHaveLength(1);

    const back = await scene.takeDown(web1, 'power');
    const holder = await scene.holder();
    expect(holder.name).not.toBe('web1');
    expect(await holder.run(['certbot-ha', 'is-issuer'])).toMatchObject({
      code: 0,
      stdout: `${holder.name} renews: it holds the VIP ${scene.vip}\n`,
    });
    const result = await scene.tryRenew(holder, name);

    expect(result.code).toBe(0);
    expect(result.deployComplaints).toContain(`web1 ${web1.address}: outstanding: `);
    const second = await scene.serial(holder, name);
    expect(second).not.toBe(first);
    expect(await scene.served(name)).toEqual({ web1: null, web2: second, web3: second, vip: second });
    expect(await scene.accounts(holder)).toEqual(accounts);

    await back();
    await scene.comesToServe(web1, { name, serial: second, timeoutMs: MINUTE_MS });
    await scene.nothingOutstanding(holder);
    await scene.expectEverywhere(name, second);
    for (const node of scene.nodes) expect(await scene.accounts(node)).toEqual(accounts);
    await scene.forgetTokens(holder, name);

    // And the other way round: what comes back carries on where the other one has stopped.
    await scene.moveVip(web1);
    const again = await scene.tryRenew(web1, name);
    expect(again).toMatchObject({ code: 0 });
    expect(again.deployComplaints).toBe('');
    await scene.expectEverywhere(name, await scene.serial(web1, name));
    expect(await scene.accounts(web1)).toEqual(accounts);
  },
);
