import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { configure } from '../support/e2e-cluster.ts';
import {
  breakNginx,
  deliveryNodes,
  expectEverywhere,
  issueEverywhere,
  serialOf,
} from '../support/e2e-delivery.ts';
import { deliverByRsync } from '../support/e2e-delivery-rsync.ts';
import { entriesWith, filesWith, secretsOf, watchProcesses } from '../support/e2e-delivery-secrets.ts';
import { namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test.for(['http', 'rsync'] as const)(
  '%s: no key is found in a journal, a log, a process list or a file where it does not belong',
  async (transport, { lab, undo, needsHosts }) => {
    needsHosts('users');
    const gate = { timeout: 5 };
    if (transport === 'rsync') await deliverByRsync(lab, undo, { gate });
    else await configure(lab, undo, { gate });
    const [web1, web2] = await deliveryNodes(lab, undo);
    const [name = ''] = namesFor(`secret-${transport}`);
    const watches = lab.nodes.map(watchProcesses);
    await issueEverywhere(lab, web1, name, undo);
    // One that is rolled back writes more than one that goes well.
    const mend = await breakNginx(web2, undo);
    const refused = await renew(lab, web1, { name, hooks: 1 });
    await mend();
    const mended = await web1.run(['certbot-ha', 'deploy', name]);
    const seen = await Promise.all(watches.map(async (watch) => await watch.end()));
    await expectEverywhere(lab, name, await serialOf(web1, name));

    const secrets = await secretsOf(web1, name);
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    const said = [refused, mended].map(({ stdout, stderr }) => stdout + stderr);
    expect(seen.join('')).toContain('install-lineage');
    for (const secret of secrets) {
      expect(said.some((text) => text.includes(secret))).toBe(false);
      expect(seen.some((text) => text.includes(secret))).toBe(false);
    }
    for (const node of lab.nodes) {
      expect(await filesWith(node, secrets)).toEqual([]);
      expect(await entriesWith(node, secrets)).toEqual([]);
    }
    // The search does find what there is to find.
    const planted = [randomUUID(), randomUUID()];
    undo(async () => await web2.check(['rm', '-f', '/run/planted']));
    await web2.writeFile('/run/planted', `a ${planted[1]} b\n`);
    await web2.check(['logger', '--', `a ${planted[1]} b`]);
    expect(await filesWith(web2, planted)).toContain('web2: /run/planted');
    await expect.poll(async () => await entriesWith(web2, planted)).not.toEqual([]);
  },
);
