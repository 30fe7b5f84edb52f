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
const CARRY =
  "certbot-ha init --export | ssh root@192.0.2.2 'certbot-ha init --join --force' && ssh root@192.0.2.2 systemctl restart certbot-ha-agent";

test('the key that most agents take is carried to the one that has another', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1), told(CONFIG, 2))).toEqual([[WEB2, 'key-differs', CARRY]]);
});

test('where most refuse the key of this node, theirs is fetched', async () => {
  const fetch =
    "ssh root@192.0.2.2 'certbot-ha init --export' | certbot-ha init --join --force && systemctl restart certbot-ha-agent";
  const here = [['web1 192.0.2.1', 'key-differs', fetch]];
  expect(await nextOf(told(CONFIG, 0), other(1), other(2))).toEqual(here);
  expect(await nextOf(other(0), other(1), other(2))).toEqual(here);
});

test('an agent here that alone refuses the key has not read it', async () => {
  expect(await nextOf(other(0), told(CONFIG, 1), told(CONFIG, 2))).toEqual([
    ['web1 192.0.2.1', 'key-differs', 'systemctl restart certbot-ha-agent'],
  ]);
});

test('of one against one, neither key is replaced', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1))).toEqual([
    [
      WEB2,
      'key-mismatch',
      `sha256sum /k; ssh root@192.0.2.2 'sha256sum /k'  # they have to be the same; to carry this node's there: ${CARRY}`,
    ],
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
