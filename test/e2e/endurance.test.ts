import { join } from 'node:path';
import { isKeyAuthorization, isToken, TOKENS_BELOW_WEBROOT } from '../../lib/challenge/challenge.ts';
import { tokenOfTemporary } from '../../lib/challenge/token-files.ts';
import { lacksFakeClock, setClock } from '../lab/scene/clock.ts';
import { eventually, expect, test, type LabNode } from '../lab/scene/scene.ts';
import { losePackets, lostOn, muteAgent, putSmallDisk, PUSHING } from '../lab/scene/trouble.ts';
import { show } from '../lab/scene/units.ts';
import { makeChallenge } from '../support/cluster/challenge.ts';

const UNIT = 'certbot-ha-agent.service';
const [PROGRAM, STOP] = ['/root/pushing.mjs', '/root/stop-pushing'];
const [LONG, SOON_MS] = [{ tags: ['long'] }, 10_000];

const place = (node: LabNode, token: string) => join(node.paths.webroot, TOKENS_BELOW_WEBROOT, token);
const has = async (node: LabNode, token: string) => (await node.tokens()).includes(token);
const within = (timeoutMs: number, what: string) => ({ timeoutMs, what });

/** A token that no hook has put there: the agent itself has to bring it to the peers, and take it away. */
async function putToken(node: LabNode, { token, keyAuthorization } = makeChallenge()): Promise<string> {
  await node.check([
    'sh',
    '-c',
    'umask 022; printf %s "$2" >"$1"',
    'put',
    place(node, token),
    keyAuthorization,
  ]);
  return token;
}

/** How often its agent has said that another does not take tokens. */
async function givenUp(node: LabNode): Promise<number> {
  const journal = await node.check(['journalctl', '-u', UNIT, '-o', 'cat']);
  return journal.match(/a peer does not take what has changed in the webroot/g)?.length ?? 0;
}

for (const lack of ['blocks', 'inodes'] as const)
  test(`a webroot that has no ${lack} left: the gate says so, no part of a token is there, and the push comes when there is room`, async ({
    scene,
  }) => {
    scene.needsHosts('mounts of their own');
    await scene.configure({ gate: { timeout: 2 } });
    const [web1, web2, web3] = scene.nodes;
    const disk = await putSmallDisk(scene, web3);
    const pid = await show(web3, UNIT, 'MainPID');
    await disk.fill(lack);
    const filled = await disk.names();

    const seen = new Set<string>();
    let isOver = false;
    const refused = scene.tryIssue(web1, scene.name(`without-${lack}`)).finally(() => (isOver = true));
    const look = async () => {
      for (const name of await disk.names()) seen.add(name);
      return isOver;
    };
    await eventually(look, { ...within(60_000, 'certbot to end'), everyMs: 10 });
    const { complaints } = await refused;

    const full = new RegExp(
      `web3 ${web3.address}: its agent refused \\(507\\): webroot \\S+: a token cannot be written: the disk is full`,
    );
    expect(complaints).toMatch(full);
    expect([...seen].filter(isToken)).toEqual([]);
    expect(await disk.names()).toEqual(filled);

    // The agents are told again as long as a gate waits.
    await scene.configure({ gate: { timeout: 30 } });
    const running = scene.tryIssue(web1, scene.name(`room-for-${lack}`));
    await scene.tokensArrive(web2);
    await disk.makeRoom();
    const run = await running;
    scene.expectSuccess(run);
    expect(run.stdout).toContain(`served by web1, web2, web3, vip ${scene.vip} after`);
    expect(await show(web3, UNIT, 'MainPID')).toBe(pid);
  });

test('a peer that takes connections and never answers delays no other, and the gate names it', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  await scene.configure({ gate: { timeout: 4 } });
  const [web1, web2, web3] = scene.nodes;
  const answerAgain = await muteAgent(scene, web3);

  for (let round = 0; round < 3; round += 1) {
    const token = await putToken(web1);
    await eventually(async () => await has(web2, token), within(SOON_MS, 'the token on web2'));
    await web1.check(['rm', place(web1, token)]);
    await eventually(async () => !(await has(web2, token)), within(SOON_MS, 'no token on web2'));
  }
  const { complaints } = await scene.tryIssue(web1, scene.name('mute'));
  expect(complaints).toContain('3 of 4 targets serve them');
  expect(complaints).toMatch(
    new RegExp(`web3 ${web3.address}: its agent gave no answer in time \\[agent-silent\\]`),
  );

  await answerAgain();
  await scene.issue(web1, scene.name('answers-again'));
});

test('a node that is cut off gets what the others have when the network is back, with no hand', async ({
  scene,
}) => {
  scene.needsHosts('a cable to pull');
  const [web1, web2, web3] = scene.nodes;
  const challenge = makeChallenge();
  scene.undo(async () => await web1.check(['rm', '-f', place(web1, challenge.token)]));
  const before = await givenUp(web1);
  scene.undo(async () => await web3.plug());
  await web3.unplug();

  const token = await putToken(web1, challenge);
  await eventually(async () => await has(web2, token), within(SOON_MS, 'the token on web2'));
  await eventually(
    async () => (await givenUp(web1)) > before,
    within(30_000, 'web1 to give web3 up for now'),
  );
  expect(await web3.tokens()).toEqual([]);

  await web3.plug();
  await eventually(async () => await has(web3, token), within(60_000, 'the token on web3'));
  await web1.check(['rm', place(web1, token)]);
  await eventually(async () => (await scene.left()).length === 0, within(10_000, 'all tokens gone'));
});

test(
  'a peer that loses its power in the midst of pushes serves no part of a token, and comes up by itself',
  LONG,
  async ({ scene }) => {
    scene.needsHosts('a power switch');
    const [web1, web2] = scene.nodes;
    scene.undo(async () => {
      await web2.boot();
      await web2.check([
        'find',
        join(web2.paths.webroot, TOKENS_BELOW_WEBROOT),
        '-name',
        'pushed-*',
        '-delete',
      ]);
      await web1.check(['rm', '-f', PROGRAM, STOP]);
    });
    await web1.writeFile(PROGRAM, PUSHING);
    const argv = ['node', PROGRAM, web2.address, String(scene.lab.ports.agent), web2.paths.keyFile, STOP];
    for (let round = 0; round < 5; round += 1) {
      await web1.check(['rm', '-f', STOP]);
      let heard = '';
      const pushing = web1.check(argv, { timeoutMs: 120_000, onOutput: (chunk) => (heard += chunk) });
      await eventually(
        async () => await Promise.resolve(heard.includes('pushing')),
        within(30_000, 'pushes'),
      );
      await web2.powerOff();
      await web2.boot();
      await web1.check(['touch', STOP]);
      const [line = '{}'] = (await pushing).trim().split('\n').slice(-1);
      const { pushed, read, wrong } = JSON.parse(line) as { pushed: number; read: number; wrong: unknown[] };
      expect(wrong).toEqual([]);
      expect(Math.min(pushed, read)).toBeGreaterThan(20);
      for (const token of (await web2.tokens()).filter(isToken))
        expect(isKeyAuthorization(await web2.readFile(place(web2, token)), token)).toBe(true);
      expect(await show(web2, UNIT, 'ActiveState')).toBe('active');
    }
    expect(await scene.issue(web1, scene.name('powered'))).toContain('served by web1, web2, web3, vip');
    // What was being written then is never served, and goes when it is as old as a token may get.
    const left = (await web2.tokens()).filter((name) => !isToken(name));
    expect(left.filter((name) => tokenOfTemporary(name) === null)).toEqual([]);
    for (const name of left) await web2.check(['touch', '--date=2 days ago', place(web2, name)]);
    await web2.check(['systemctl', 'restart', UNIT]);
    const isGone = async () => (await web2.tokens()).every(isToken);
    await eventually(isGone, within(SOON_MS, 'what was being written to go'));
  },
);

for (const percent of [1, 20])
  test(
    `a network that loses ${percent} of a hundred packets: a drill passes, and a certificate is issued and delivered`,
    LONG,
    async ({ scene }) => {
      scene.needsHosts('nftables');
      const [web1, , web3] = scene.nodes;
      const name = scene.name(`loss-${percent}`);
      await losePackets(scene, scene.nodes, percent);
      await web1.check(['certbot-ha', 'drill', name], { timeoutMs: 120_000 });
      const serial = await scene.issueEverywhere(web1, name);
      await scene.expectServed(name, serial);
      expect(await lostOn(web3)).toBeGreaterThan(0);
    },
  );

test(
  'a peer whose clock is ten minutes ahead takes challenges and lineages, and doctor says so',
  LONG,
  async ({ scene, skip }) => {
    scene.needsHosts('clocks of their own');
    const [web1, web2] = scene.nodes;
    skip(await lacksFakeClock(web1), 'libfaketime is not installed');
    await setClock(scene.undo, web2, 10);
    const name = scene.name('ten-minutes');
    await scene.issueEverywhere(web1, name);
    const token = await putToken(web1);
    await eventually(async () => await has(web2, token), within(SOON_MS, 'the token on web2'));
    await web1.check(['rm', place(web1, token)]);
    await scene.moveVip(web2);
    await scene.renew(web2, name);
    await scene.expectServed(name, await scene.serial(web2, name));
    const { stdout } = await web1.run(['certbot-ha', 'doctor']);
    expect(stdout).toMatch(
      /web2.*: its clock is (?:59\d|60\d) s ahead of that of this node \[clock-differs\]/s,
    );
  },
);
