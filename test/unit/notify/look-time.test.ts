import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as realPause } from 'node:timers/promises';
import { afterEach, onTestFinished, vi } from 'vitest';
import { transportsOf } from '../../../lib/cluster/abilities.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import { look } from '../../../lib/notify/seen.ts';
import { openState } from '../../../lib/state/state.ts';
import { expect, test, type Issued } from '../../support/lineage/certificates.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import { noDamage } from '../../support/no-damage.ts';
import { mute } from '../../support/programs/mute-server.ts';

const NAME = 'a.test';

afterEach(() => void vi.useRealTimers());

/** What is waited for, and what tells that it is. */
function held() {
  let [reach, release] = [() => {}, () => {}];
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const hold = async () => {
    reach();
    await released;
  };
  return { hold, reached, release: () => release() };
}

/** A node without agents, one lineage, and a web server that accepts connections and says nothing. */
async function nodeIn(directory: string, issued: Issued) {
  await writeLineage(directory, NAME, [issued]);
  await mkdir(join(directory, 'renewal'));
  await writeFile(join(directory, 'renewal', `${NAME}.conf`), '');
  const server = await mute('127.0.0.1');
  onTestFinished(server.close);
  const web1 = {
    ...{ name: 'web1', address: '127.0.0.1', isDrained: false, agentPort: 1 },
    ...{ webroot: directory, httpPort: 80, httpsPort: server.port },
  };
  const config = {
    ...{ nodes: [web1], vips: [], stateDir: directory, transport: transportsOf('rsync') },
    certificates: { mode: 'shared', configDir: directory, lineages: {}, issuer: 'any' },
    ...{ webServer: { runsOn: 'all' }, agent: { keyFile: join(directory, 'key') } },
  };
  const { outstanding, records } = openState({ stateDir: directory }, noDamage);
  return { cluster: { self: web1, peers: [], config } as unknown as Cluster, server, outstanding, records };
}

/** Time passes by `pass` alone. `ends` waits for the end, though no time passes any more. */
function begin(looking: (err: (line: string) => void) => ReturnType<typeof look>) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const said: string[] = [];
  let isOver = false;
  const ended = looking((line) => void said.push(line)).finally(() => {
    isOver = true;
  });
  const pass = async (ms: number) => {
    vi.advanceTimersByTime(ms);
    // For what has then to be read before it is over: a time that is real.
    await realPause(100);
  };
  const ends = async () => {
    vi.useRealTimers();
    await expect.poll(() => isOver, { timeout: 5_000 }).toBe(true);
    return await ended;
  };
  return { ends, isOver: () => isOver, pass, said };
}

test('a survey ends after 27 s with what it has seen until then, which is no trouble of its own', async ({
  ca,
  directory,
}) => {
  const { cluster, server, outstanding, records } = await nodeIn(directory, await ca.issue([NAME]));
  const disk = held();
  const deletions: typeof records.deletions = async () => {
    await disk.hold();
    return await records.deletions();
  };
  const { ends, isOver, pass, said } = begin(
    async (err) => await look(cluster, { outstanding, records: { ...records, deletions } }, { env: {}, err }),
  );
  // A disk that is slow, so that the web server is asked at last.
  await disk.reached;
  await pass(24_000);
  disk.release();
  await server.accepted;
  await pass(2_900);
  expect(isOver()).toBe(false);
  await pass(200);
  const { isBlind, troubles, unseen } = await ends();
  expect({ isBlind, troubles, said }).toEqual({ isBlind: false, troubles: [], said: [] });
  const [who, code] = ['web1 127.0.0.1', 'nothing-served'];
  expect(unseen?.is(`${code} ${who} ${NAME}`, { who, code })).toBe(true);
});

test('a look ends after 40 s, whatever hangs, and tells that', async ({ ca, directory }) => {
  const { cluster, outstanding, records } = await nodeIn(directory, await ca.issue([NAME]));
  const disk = held();
  const list: typeof outstanding.list = async () => {
    await disk.hold();
    return [];
  };
  const config = { ...cluster.config, webServer: { ...cluster.config.webServer, runsOn: 'holder' } } as const;
  const { ends, isOver, pass, said } = begin(
    async (err) =>
      await look(
        { ...cluster, config },
        { outstanding: { ...outstanding, list }, records },
        { env: {}, err },
      ),
  );
  await disk.reached;
  await pass(39_900);
  expect(isOver()).toBe(false);
  await pass(200);
  expect(await ends()).toMatchObject({ isBlind: true, troubles: [{ who: 'web1', code: 'check-too-slow' }] });
  expect(said[0]).toBe('certbot-ha notify: no result within 40 s [check-too-slow]');
});
