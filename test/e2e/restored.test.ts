import { eventually, expect, test, type LabNode } from '../lab/scene/scene.ts';

const MINUTE_MS = 60_000;

/** The other way is left to `npm run test:long`: stamps-apart.test.ts shows all without hosts. */
const WAYS = ['without its stateDir', 'with its stateDir'].slice(
  0,
  process.env['CERTBOT_HA_TEST_LONG'] ? 2 : 1,
);

test.for(WAYS)(
  'a node that is restored from a backup, %s, gets what was issued since, and a lineage issued anew goes everywhere',
  async (how, { scene }) => {
    scene.needsHosts('a node whose files go back');
    await scene.configure({ gate: { timeout: 5 } });
    const [web1, web2] = scene.nodes;
    await scene.holdTimers();
    const name = scene.name(how.startsWith('with ') ? 'restored' : 'forgotten');
    const first = await scene.issueEverywhere(web1, name);
    const { letsencrypt, stateDir } = web2.paths;
    await shell(web2, 'rm -rf "$1.backup" && cp -a "$1" "$1.backup"', letsencrypt);
    await scene.renew(web1, name);
    const second = await scene.serial(web1, name);
    expect(second).not.toBe(first);
    await scene.expectEverywhere(name, second);

    await shell(web2, 'rm -rf "$1" && mv "$1.backup" "$1"', letsencrypt);
    if (how.startsWith('without')) await shell(web2, 'rm -rf "$1"/installed', stateDir);
    expect(await scene.serial(web2, name)).toBe(first);
    const { code, stdout } = await web2.run(['certbot-ha', 'sync']);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`asked for ${name}, newer there`)]);
    const isBack = async () => (await scene.serial(web2, name)) === second;
    await eventually(isBack, { timeoutMs: MINUTE_MS, what: `${name} to come back`, everyMs: 250 });
    await scene.comesToServe(web2, { name, serial: second, timeoutMs: MINUTE_MS });
    expect(await scene.serial(web1, name)).toBe(second);

    // Its archive begins at 1 again, and the others' are ahead.
    await web1.check(['certbot', 'delete', '-n', '--cert-name', name]);
    await scene.issue(web1, name, { deploys: true });
    expect(await scene.generation(web1, name)).toBe(1);
    const third = await scene.serial(web1, name);
    expect([first, second]).not.toContain(third);
    await scene.expectEverywhere(name, third);
    for (const node of scene.nodes) expect(await scene.serial(node, name)).toBe(third);
    await scene.expectDelivered();
  },
);

async function shell(node: LabNode, script: string, directory: string): Promise<void> {
  await node.check(['sh', '-c', script, 'sh', directory]);
}
