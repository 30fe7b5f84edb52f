// @module-tag slow
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { expect, NAME, onRenewing, test, type Renewing } from '../support/cluster/renewing.ts';
import type { Issued, TestCa } from '../support/lineage/certificates.ts';
import { mute } from '../support/programs/mute-server.ts';
import { serveWebroot } from '../support/cluster/site.ts';
import { loopbackAddresses } from '../support/cluster/addresses.ts';
import { DAY_MS, idOf } from '../support/cluster/renewed-pair.ts';

/** What each node has before: web1 has just renewed, and web2 is ready for it. */
async function ready({ web1, web2 }: Renewing, ca: TestCa): Promise<void> {
  const old = await ca.issue([NAME], { notBefore: new Date(Date.now() - DAY_MS) });
  for (const node of [web1, web2]) {
    await node.has(NAME, old);
    await node.serve(NAME, old);
  }
  await web1.holds(NAME, old, await ca.issue([NAME]));
  await Promise.all([web2.startAgent(), web2.startInstaller()]);
}

/** web1 has the certificate and serves it, and web3's agent accepts connections and says nothing. */
async function withMuteAgent({ web1, web3, ports }: Renewing, issued: Issued) {
  await web1.has(NAME, issued);
  await web1.serve(NAME, issued);
  return await mute(web3.address, ports.agent);
}

/** The places that a node has noted. */
async function noted({ web1 }: Renewing): Promise<readonly string[]> {
  const text = await readFile(join(web1.stateDir, 'silent.json'), 'utf8').catch(() => '{}');
  return Object.keys(JSON.parse(text) as object).toSorted();
}

/** The seconds are measured: more on a busy machine. */
const shortly = String.raw`was silent at \d\d:\d\d, so it was waited for 0\.\d s only`;

describe.concurrent('a node', () => {
  test('whose cable is pulled costs one hook its time-outs, and those after it a moment each, until it answers', async ({
    ca,
    directory,
    onTestFinished,
  }) => {
    await onRenewing(directory, { require: 'available', timeout: 20 }, async (renewing) => {
      const { web3, ports } = renewing;
      await ready(renewing, ca);
      const plugIn = await renewing.pullCable();

      const first = await renewing.renew();
      expect(first.auth).toMatchObject({ code: 0, stderr: '' });
      expect(first.auth.stdout).toMatch(/served by web1, web2 after [\d.]+ s; without web3 /);
      expect(first.auth.stdout).not.toContain('short-chance');
      const [agent, web] = [`agent port ${ports.agent}`, `port ${ports.http}`];
      const words = `${agent}: no answer; ${shortly} \\[short-chance\\]`;
      expect(first.cleanup.stderr).toMatch(new RegExp(`left on web3 .*\n.*: +${words}\n$`));
      expect(first.deploy.stderr).toMatch(new RegExp(`web3 ${web3.address}: outstanding: ${words}\n`));

      const second = await renewing.auth();
      // On a busy machine the gate may have been waiting for web2: then it is the push that was short.
      const left = `without web3 ${web3.address}: (?:${web}|${agent}): no answer; ${shortly} .*\\[short-chance\\]`;
      expect(second.stdout).toMatch(new RegExp(left));
      expect(await noted(renewing)).toEqual([web3.address, `${web3.address} ${ports.http}`]);

      await plugIn();
      const site = await serveWebroot(web3.webroot, web3.address, ports.http);
      onTestFinished(site.close);
      await web3.startAgent();
      const third = await renewing.auth();
      expect(third.stdout).toMatch(/served by web1, web2, web3 after /);
      expect(await noted(renewing)).toEqual([]);
    });
  });

  test('that was silent is asked until the time is over where all have to serve', async ({ directory }) => {
    await onRenewing(directory, { require: 'all', timeout: 2 }, async (renewing) => {
      const { web1, web3 } = renewing;
      await renewing.pullCable();
      const known = { [web3.address]: Date.now() };
      await writeFile(join(web1.stateDir, 'silent.json'), JSON.stringify(known));
      const { code, stderr } = await renewing.auth();
      expect(code).toBe(1);
      expect(stderr).toContain('not seen everywhere within 2 s');
      expect(stderr).toMatch(/ web3 .*: its agent gave no answer in time \[agent-silent\]/);
    });
  });

  test('that refuses connections is not silent', async ({ directory }) => {
    await onRenewing(directory, { require: 'available', timeout: 20 }, async (renewing) => {
      await renewing.web2.startAgent();
      const { stdout } = await renewing.auth();
      expect(stdout).toMatch(/; without web3 .*\[connection-refused\]/);
      expect(await noted(renewing)).toEqual([]);
    });
  });

  test('whose agent accepts and says nothing costs one hook its time-out, and those after it a moment each, until it answers', async ({
    ca,
    directory,
    onTestFinished,
  }) => {
    await onRenewing(directory, { require: 'available', timeout: 20 }, async (renewing) => {
      const { web1, web3, ports } = renewing;
      const agent = await withMuteAgent(renewing, await ca.issue([NAME]));
      onTestFinished(agent.close);
      expect((await web1.deployHook(NAME)).stderr).toMatch(/web3 .*\[connection-timed-out\]/);
      expect(agent.connections()).toBe(1);
      expect(await noted(renewing)).toEqual([web3.address]);

      const words = `agent port ${ports.agent}: no answer; ${shortly} \\[short-chance\\]`;
      const second = await web1.deployHook(NAME);
      expect(second.stderr).toMatch(new RegExp(`web3 ${web3.address}: outstanding: ${words}\n`));
      expect((await renewing.cleanUp()).stderr).toMatch(new RegExp(`left on web3 .*\n.*: +${words}\n$`));
      expect(agent.connections()).toBe(3);

      agent.close();
      await web3.startAgent();
      await renewing.cleanUp();
      expect(await noted(renewing)).toEqual([]);
    });
  });

  test('whose agent says nothing when a lineage is staged is not asked what it has, though a newer one comes meanwhile', async ({
    ca,
    directory,
    onTestFinished,
  }) => {
    await onRenewing(directory, { require: 'available', timeout: 20 }, async (renewing) => {
      const { web1 } = renewing;
      const [issued, newer] = [await ca.issue([NAME]), await ca.issue([NAME])];
      const agent = await withMuteAgent(renewing, issued);
      onTestFinished(agent.close);
      const deploying = web1.deployHook(NAME);
      await expect.poll(agent.connections, { timeout: 10_000 }).toBe(1);
      await web1.holds(NAME, issued, newer);
      expect((await deploying).stderr).toMatch(/web3 .*\[short-chance\]/);
      expect(await web1.leaf(NAME)).toBe(idOf(newer));
      // Once for each of the two that were staged.
      expect(agent.connections()).toBe(2);
    });
  });

  test('on standby, whose web server nobody looks at, is known for its silence by its agent', async ({
    directory,
    onTestFinished,
  }) => {
    await onRenewing(directory, { require: 'available', timeout: 20 }, async (renewing) => {
      const { web1, web2, web3, ports } = renewing;
      const [vip] = loopbackAddresses(1);
      const site = await serveWebroot(web1.webroot, vip ?? '', ports.http);
      onTestFinished(site.close);
      const file = web1.env['CERTBOT_HA_CONFIG'] ?? '';
      const config = JSON.parse(await readFile(file, 'utf8')) as { readonly webServer: object };
      const webServer = { ...config.webServer, runsOn: 'holder' };
      await writeFile(file, JSON.stringify({ ...config, vips: [vip], webServer }));
      await web2.startAgent();
      await renewing.pullCable();
      const left = String.raw`served by vip \S+ after (\S+) s; without web3 ${web3.address}: `;
      const secondsOf = async (reason: string) => {
        const { stdout } = await renewing.auth();
        expect(stdout).toMatch(new RegExp(left + reason));
        const found = /after (\S+) s/.exec(stdout);
        return Number(found?.[1]);
      };
      expect(await secondsOf('')).toBeGreaterThanOrEqual(3);
      expect(await noted(renewing)).toEqual([web3.address]);
      expect(await secondsOf(`agent port ${ports.agent}: no answer; ${shortly}`)).toBeLessThan(3);
    });
  });
});
