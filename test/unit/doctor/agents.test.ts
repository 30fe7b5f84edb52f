import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Told } from '../../../lib/doctor/agents-told.ts';
import { judge } from '../../../lib/doctor/checks/agents.ts';
import { isReached } from '../../../lib/doctor/reached.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { configIn, told } from './healthy.ts';

const CONFIG = configIn('/srv', { agent: { ...configIn('/srv').agent, keyFile: '/k' } });
const unanswered = (at: number, reason: Finding): Told => ({
  ...told(CONFIG, at),
  answer: { isOk: false, reason, isSilent: false },
  clock: null,
});
const attempt = { who: 'agent', port: 9480, error: 'E' } as const;
const other = (at: number) => unanswered(at, { code: 'key-mismatch', port: 9480 });
const never = async () => false;
const nextOf = async (...all: readonly Told[]) => {
  const outcome = await judge(all, CONFIG, never);
  return outcome.result === 'found'
    ? outcome.complaints.map(({ who, found, next }) => [who, found.code, next])
    : [];
};

const WEB2 = 'web2 192.0.2.2';
const WEB3 = 'web3 192.0.2.3';
const RESTART = 'systemctl restart certbot-ha-agent';
const ALL = "sha256sum /k; ssh root@192.0.2.2 'sha256sum /k'; ssh root@192.0.2.3 'sha256sum /k'";
const alone = (name: string, address: string) =>
  `where all are the same: ${RESTART}; ssh root@${address} ${RESTART}; ` +
  `where ${name} alone has another: certbot-ha init --export | ssh root@${address} 'certbot-ha init --join --force' && ssh root@${address} ${RESTART}; ` +
  `where this node alone has another: ssh root@${address} 'certbot-ha init --export' | certbot-ha init --join --force && ${RESTART}`;
const COMPARE_2 = `${ALL}  # ${alone('web2', '192.0.2.2')}`;
const COMPARE_3 = `${ALL}  # ${alone('web3', '192.0.2.3')}`;

test('the key that most agents take is compared with that of the one that has another, before it goes there', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1), told(CONFIG, 2))).toEqual([
    [WEB2, 'key-differs', COMPARE_2],
  ]);
});

test('where most refuse the key of this node, it may be they who have not read theirs', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1), other(2))).toEqual([
    [WEB2, 'key-mismatch', COMPARE_2],
    [WEB3, 'key-mismatch', COMPARE_3],
  ]);
});

test('where all refuse it, this node as well, no key is taken and no agent restarted before all are compared', async () => {
  const [[who, code, next] = [], ...more] = await nextOf(other(0), other(1), other(2));
  expect([who, code, more]).toEqual(['web1 192.0.2.1', 'key-differs', []]);
  expect(next).toMatch(
    /^sha256sum \/k; ssh root@192\.0\.2\.2 'sha256sum \/k'; ssh root@192\.0\.2\.3 'sha256sum \/k' {2}# /,
  );
});

test('an agent here that alone refuses the key has not read it', async () => {
  const restart = [['web1 192.0.2.1', 'key-differs', RESTART]];
  expect(await nextOf(other(0), told(CONFIG, 1), told(CONFIG, 2))).toEqual(restart);
  // Nor where no other node says anything of the key.
  const refused = { code: 'connection-refused', ...attempt } as const;
  const [first, ...silent] = await nextOf(other(0), unanswered(1, refused), unanswered(2, refused));
  expect([first, silent.length]).toEqual([...restart, 2]);
  expect((await nextOf(other(0))).length).toBe(1);
});

test('of one against one, the two are compared', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1))).toEqual([
    [WEB2, 'key-mismatch', COMPARE_2.replace(/; ssh root@192\.0\.2\.3 'sha256sum \/k'/, '')],
  ]);
});

test.for(['connection-timed-out', 'no-route-to-host'] as const)(
  '%s of an agent is a firewall where another port of its host answers',
  async (code) => {
    const all = [told(CONFIG, 0), unanswered(1, { code, ...attempt }), told(CONFIG, 2)];
    const asked: unknown[] = [];
    const outcome = await judge(all, CONFIG, async (...where) => {
      asked.push(where);
      return true;
    });
    expect(outcome).toMatchObject({
      complaints: [
        {
          found: { code: 'agent-port-filtered', port: 9480, other: 80 },
          next: 'on web2: certbot-ha snippet firewall --write',
        },
      ],
    });
    expect(asked).toEqual([['192.0.2.2', 80]]);
    expect(await nextOf(...all)).toEqual([
      [WEB2, code, 'ping -c 3 192.0.2.2  # if it is on, there: certbot-ha snippet firewall --write'],
    ]);
  },
);

test('without agents no firewall is opened for them', async () => {
  const config = { ...CONFIG, transport: 'rsync' as const };
  const refused = unanswered(1, { code: 'connection-refused', ...attempt });
  const filtered = unanswered(2, { code: 'connection-timed-out', ...attempt });
  const outcome = await judge([refused, filtered], config, async () => true);
  expect(JSON.stringify(outcome)).not.toMatch(/snippet|agent-port-filtered/);
});

test('a host answers that listens, or refuses; one without an address does not', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  onTestFinished(() => void server.close());
  expect(await isReached('127.0.0.1', port)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await isReached('127.0.0.1', port)).toBe(true);
  expect(await isReached('host.invalid', port)).toBe(false);
});
