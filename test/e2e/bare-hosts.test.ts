// @module-tag long
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBareHosts, typeOn } from '../lab/first-certificate/hosts.ts';
import { followReadme, upToServing } from '../lab/first-certificate/transcript.ts';
import type { Lab } from '../lab/lab.ts';
import { withoutFigures } from '../lab/scene/reader.ts';
import { lackOf } from '../support/packages.ts';

const CERTIFICATE = '/etc/letsencrypt/live/www.example.com/cert.pem';
const FINGERPRINT = 'openssl x509 -noout -fingerprint -sha256';
const served = (address: string) =>
  `openssl s_client -connect ${address}:443 -servername www.example.com </dev/null 2>/dev/null | ${FINGERPRINT}`;
/** Says `refused` for each connection that is, from before a restart of the agent until after it, and how many there were. */
const restarted = (address: string) => `connections=0
systemctl restart certbot-ha-agent & restart=$!
for after in '' 1; do
  while true; do
    (: </dev/tcp/${address}/9480) 2>/dev/null || echo refused
    connections=$((connections + 1))
    kill -0 $restart 2>/dev/null || break
  done
done
wait $restart && test $connections -gt 2 && echo restarted`;

describe('README.md, word by word, on three hosts with nothing of certbot-ha', () => {
  let directory: string;
  let lab: Lab;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certbot-ha-bare-'));
    // Before hosts are booted, which see this machine's files.
    const lack = await lackOf(['debhelper', 'pandoc', 'rpm']);
    if (lack !== null) throw new Error(lack);
    lab = await openBareHosts(directory);
  }, 600_000);
  afterAll(async () => {
    await lab.close();
    await rm(directory, { recursive: true, force: true });
  });

  test(
    'leads in at most 12 commands and 5 minutes to a certificate that all nodes and the VIP serve',
    { timeout: 600_000 },
    async (context) => {
      if (lab.kind === 'loopback') return context.skip(lab.reason ?? undefined);
      const taken = await followReadme(lab);
      const typed = upToServing(taken).flatMap((step) => step.typed);
      expect(typed.length).toBeLessThanOrEqual(12);
      expect(typed.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThan(300);
      for (const { typed: all, shown } of taken) {
        const output = all.flatMap((one) => one.output.split('\n')).map(withoutFigures);
        for (const line of shown) expect(output).toContain(withoutFigures(line));
      }
      const [web1] = lab.nodes;
      if (web1 === undefined) throw new Error('a lab without nodes');
      const installed = await typeOn(web1, `${FINGERPRINT} -in ${CERTIFICATE}`);
      for (const address of [...lab.nodes.map((node) => node.address), ...lab.vips])
        expect(await typeOn(web1, served(address))).toBe(installed);
      for (const node of lab.nodes) {
        const units = 'certbot-ha-agent.socket certbot-ha-agent certbot-ha-doctor.timer';
        expect(await typeOn(node, `systemctl is-active ${units}`)).toBe('active\n'.repeat(3));
        expect(await typeOn(node, restarted(node.address))).toBe('restarted\n');
        expect(await typeOn(node, 'journalctl -u certbot-ha-agent -o cat')).not.toContain('sockets-differ');
      }
      expect(await typeOn(web1, 'certbot-ha doctor')).not.toMatch(/^(?:WARN|FAIL)/m);
    },
  );
});
