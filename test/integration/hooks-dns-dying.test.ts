// @module-tag slow
import { describe } from 'vitest';
import { runHook } from '../support/cluster/certbot-hook.ts';
import { expect, lackOfPort, makeDnsChallenge, test } from '../support/dns/published.ts';

const REFUSED = 'port 53: connection refused: is a name server running there';
const NO_ANSWER = 'port 53: no answer within 3 s';

describe.skipIf(lackOfPort !== null)('a name server that dies while others are waited for', () => {
  test.for([
    ['had not the record', 'closed', 'all', 2, 1, REFUSED],
    ['had not the record', 'silent', 'available', 8, 0, NO_ANSWER],
    ['had not the record', 'closed', 'vip', 8, 0, REFUSED],
    ['had it', 'closed', 'all', 8, 0, null],
  ] as const)(
    'after it %s, and is %s then, with gate.require %s',
    async ([had, end, require, timeout, code, why], { cluster, dns }) => {
      const [, slow, dying] = dns.servers;
      const gate = { timeout, require, httpPort: cluster.httpPort };
      await cluster.configure({ dns: dns.settings, gate, vips: ['192.0.2.10'] });
      slow.manner = 'late';
      dying.manner = had === 'had it' ? 'well' : 'late';
      const running = runHook('auth', cluster, makeDnsChallenge());
      // Of two questions the first has been answered; who has the record is asked once.
      await expect
        .poll(() => dying.asked, { timeout: 5_000 })
        .toBeGreaterThanOrEqual(had === 'had it' ? 1 : 2);
      await expect.poll(() => slow.asked, { timeout: 5_000 }).toBeGreaterThan(2);
      if (end === 'closed') await dying.close();
      else dying.manner = 'silent';
      slow.manner = 'well';

      const hook = await running;
      expect(hook.code).toBe(code);
      const who = `ns3.example.test ${dying.address}`;
      if (why === null) expect(hook.stdout).toContain(`, ${who} after `);
      else if (code === 0) expect(hook.stdout).toContain(`; without ${who}: ${why}`);
      else expect(hook.stderr).toContain(`certbot-ha:   ${who}: ${why}`);
    },
  );
});
