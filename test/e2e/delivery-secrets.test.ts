import { randomUUID } from 'node:crypto';
import { eventually, expect, test } from '../lab/scene/scene.ts';
import { entriesWith, filesWith, secretsOf, watchProcesses } from '../lab/scene/secrets.ts';

test.for(['http', 'rsync'] as const)(
  '%s: no key is found in a journal, a log, a process list or a file where it does not belong',
  async (transport, { scene }) => {
    scene.needsHosts('users');
    const gate = { timeout: 5 };
    if (transport === 'rsync') await scene.deliverByRsync({ gate });
    else await scene.configure({ gate });
    const [web1, web2] = scene.nodes;
    const name = scene.name(`secret-${transport}`);
    const watches = scene.nodes.map(watchProcesses);
    await scene.issueEverywhere(web1, name);
    // One that is rolled back writes more than one that goes well.
    const fix = await scene.refuseRenewed(web2, name);
    const refused = await scene.tryRenew(web1, name);
    await fix();
    const fixed = await web1.run(['certbot-ha', 'deploy', name]);
    const seen = await Promise.all(watches.map(async (watch) => await watch.end()));
    await scene.expectEverywhere(name, await scene.serial(web1, name));

    const secrets = await secretsOf(web1, name);
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    const said = [refused, fixed].map(({ stdout, stderr }) => stdout + stderr);
    expect(seen.join('')).toContain('certbot-ha-installer');
    for (const secret of secrets) {
      expect(said.some((text) => text.includes(secret))).toBe(false);
      expect(seen.some((text) => text.includes(secret))).toBe(false);
    }
    for (const node of scene.nodes) {
      expect(await filesWith(node, secrets)).toEqual([]);
      expect(await entriesWith(node, secrets)).toEqual([]);
    }
    // The search does find what there is to find.
    const planted = [randomUUID(), randomUUID()];
    scene.undo(async () => await web2.check(['rm', '-f', '/run/planted']));
    await web2.writeFile('/run/planted', `a ${planted[1]} b\n`);
    await web2.check(['logger', '--', `a ${planted[1]} b`]);
    expect(await filesWith(web2, planted)).toContain('web2: /run/planted');
    await eventually(async () => await entriesWith(web2, planted), {
      until: (entries) => entries.length > 0,
      ...{ timeoutMs: 5_000, what: 'what was planted to be found in the journal' },
    });
  },
);
