import { transportsOf } from '../../../lib/cluster/abilities.ts';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Told } from '../../../lib/doctor/agents-told.ts';
import { judge } from '../../../lib/doctor/checks/agents.ts';
import { isReached } from '../../../lib/doctor/reached.ts';
import type { Finding } from '../../../lib/findings/register.ts';
import { configIn, shownSteps, stepsIn, told } from './healthy.ts';

const CONFIG = configIn('/srv', { agent: { ...configIn('/srv').agent, keyFile: '/k' } });
const unanswered = (at: number, reason: Finding): Told => ({
  ...told(CONFIG, at),
  answer: { isOk: false, reason, isSilent: false },
  clock: null,
});
const attempt = { who: 'agent', port: 9480, error: 'E' } as const;
const other = (at: number) => unanswered(at, { code: 'key-mismatch', port: 9480 });
const never = async () => false;
const HERE = { config: CONFIG, env: {} };
const nextOf = async (...all: readonly Told[]) => {
  const outcome = await judge(all, HERE, never);
  return outcome.result === 'found'
    ? outcome.complaints.map(({ who, found, next }) => [who, found.code, shownSteps(next)])
    : [];
};

const WEB2 = 'web2 192.0.2.2';
const WEB3 = 'web3 192.0.2.3';
const RESTART = 'systemctl restart certbot-ha-agent';
const sums = (...addresses: readonly string[]) =>
  ['sha256sum /k', ...addresses.map((one) => `ssh root@${one} 'sha256sum /k'`)].join('; ');
const compare = (name: string, address: string, all: readonly string[]) => [
  `next: ${sums(...all)}`,
  'where all are the same:',
  `next: ${RESTART}; ssh root@${address} ${RESTART}`,
  `where ${name} alone has another:`,
  `next: certbot-ha init --export | ssh root@${address} 'certbot-ha init --join --force' && ssh root@${address} ${RESTART}`,
  'where this node alone has another:',
  `next: ssh root@${address} 'certbot-ha init --export' | certbot-ha init --join --force && ${RESTART}`,
];
const BOTH = ['192.0.2.2', '192.0.2.3'];
const COMPARE_2 = compare('web2', '192.0.2.2', BOTH);
const COMPARE_3 = compare('web3', '192.0.2.3', BOTH);

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
  expect(next).toEqual(
    COMPARE_2.with(2, `next: ${RESTART}; ssh root@192.0.2.2 ${RESTART}; ssh root@192.0.2.3 ${RESTART}`),
  );
});

test('an agent here that alone refuses the key has not read it', async () => {
  const restart = [['web1 192.0.2.1', 'key-differs', [`next: ${RESTART}`]]];
  expect(await nextOf(other(0), told(CONFIG, 1), told(CONFIG, 2))).toEqual(restart);
  // Nor where no other node says anything of the key.
  const refused = { code: 'connection-refused', ...attempt } as const;
  const [first, ...silent] = await nextOf(other(0), unanswered(1, refused), unanswered(2, refused));
  expect([first, silent.length]).toEqual([...restart, 2]);
  expect((await nextOf(other(0))).length).toBe(1);
});

test('of one against one, the two are compared', async () => {
  expect(await nextOf(told(CONFIG, 0), other(1))).toEqual([
    [WEB2, 'key-mismatch', compare('web2', '192.0.2.2', ['192.0.2.2'])],
  ]);
});

test('nothing is read from a node that does not answer', async () => {
  const down = unanswered(1, { code: 'connection-timed-out', ...attempt });
  const [first] = await nextOf(told(CONFIG, 0), other(2), down);
  expect(first).toEqual([WEB3, 'key-mismatch', compare('web3', '192.0.2.3', ['192.0.2.3'])]);
});

test('who this node is told to be is told to no other one', async () => {
  const env = { CERTBOT_HA_NODE: 'web1' };
  const outcome = await judge([told(CONFIG, 0), other(1)], { config: CONFIG, env }, never);
  const steps = stepsIn(outcome)[0] ?? [];
  expect(steps[4]).toMatch(/\| ssh root@192\.0\.2\.2 'CERTBOT_HA_NODE=web2 certbot-ha init --join --force' /);
});

test('an agent that refuses connections may be stopped, be behind a firewall, or not be set up', async () => {
  const refused = unanswered(1, { code: 'connection-refused', ...attempt });
  expect(await nextOf(told(CONFIG, 0), refused)).toEqual([
    [
      WEB2,
      'connection-refused',
      [
        'next: on web2: systemctl enable --now certbot-ha-agent',
        'if it runs there:',
        'next: on web2: certbot-ha snippet firewall --write',
        'if web2 was never set up:',
        "next: certbot-ha init --export | ssh root@192.0.2.2 'certbot-ha init --join --start'",
      ],
    ],
  ]);
});

test.for(['connection-timed-out', 'no-route-to-host'] as const)(
  '%s of an agent is a firewall where another port of its host answers',
  async (code) => {
    const all = [told(CONFIG, 0), unanswered(1, { code, ...attempt }), told(CONFIG, 2)];
    const asked: unknown[] = [];
    const outcome = await judge(all, HERE, async (...where) => {
      asked.push(where);
      return true;
    });
    expect(outcome).toMatchObject({
      complaints: [
        {
          found: { code: 'agent-port-filtered', port: 9480, other: 80 },
          next: [{ on: 'web2', note: null, command: 'certbot-ha snippet firewall --write' }],
        },
      ],
    });
    expect(asked).toEqual([['192.0.2.2', 80]]);
    expect(await nextOf(...all)).toEqual([
      [
        WEB2,
        code,
        [
          ...(code === 'no-route-to-host' ? ['next: ip route get 192.0.2.2'] : []),
          'next: ping -c 3 192.0.2.2',
          'if it is on:',
          'next: on web2: certbot-ha snippet firewall --write',
        ],
      ],
    ]);
  },
);

test('without agents no firewall is opened for them', async () => {
  const config = { ...CONFIG, transport: transportsOf('rsync') };
  const refused = unanswered(1, { code: 'connection-refused', ...attempt });
  const filtered = unanswered(2, { code: 'connection-timed-out', ...attempt });
  const outcome = await judge([refused, filtered], { config, env: {} }, async () => true);
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
