// @module-tag slow
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createEvents } from '../../lib/state/events.ts';
import type { NewEvent } from '../../lib/state/event.ts';
import { startCli } from '../support/cluster/built.ts';
import { CLI, certbotHaIn } from '../support/cluster/command-line.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { start } from '../support/programs/program.ts';
import { expect, test, type TestCluster } from '../support/cluster/cluster.ts';

const BATCH = { event: 'batch', identifier: 'a.example.test', tokens: 2, ms: 420, outcome: 'ok' } as const;
const DELIVERY = {
  event: 'delivery',
  lineage: 'b.example.test',
  peer: 'web2',
  outcome: 'agent-silent',
} as const;
const RENEWAL = { event: 'renewal', lineage: 'a.example.test', ms: 61_000, outcome: 'ok' } as const;

async function happened({ stateDir }: TestCluster, ...events: readonly NewEvent[]): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await createEvents(stateDir, { node: 'web1', program: 'deploy' }).write(...events);
}

/** `certbot-ha ARGV` in a shell's line. */
function startShell(line: string, cluster: TestCluster, argv: readonly string[]) {
  const env = cluster.envOf(cluster.nodes[0]);
  const running = start(['sh', '-c', line, '-', process.execPath, CLI, ...argv], { env });
  onTestFinished(async () => await running.kill());
  return running;
}

test('events are a line each, the newest last, and objects for programs', async ({ cluster }) => {
  expect(await certbotHaIn(cluster, ['events'])).toMatchObject({
    ...{ code: 0, stdout: 'no such event is kept on this node\n', stderr: '' },
  });
  await happened(cluster, BATCH, DELIVERY, RENEWAL);
  const { code, stdout, stderr } = await certbotHaIn(cluster, ['events']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /gm, 'AT ')).toBe(
    'AT  deploy     batch of challenges, a.example.test, 2 challenges, 420 ms: ok\n' +
      'AT  deploy     delivery, b.example.test, on web2: failed [agent-silent]\n' +
      'AT  deploy     renewal, a.example.test, 61.0 s: ok\n',
  );
  const json = await certbotHaIn(cluster, ['events', '--json']);
  const objects = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(objects).toEqual([
    expect.objectContaining(BATCH),
    expect.objectContaining(DELIVERY),
    expect.objectContaining({ ...RENEWAL, node: 'web1', program: 'deploy' }),
  ]);
});

test('events are chosen by time, number, lineage and outcome', async ({ cluster }) => {
  await happened(cluster, BATCH, DELIVERY, RENEWAL);
  const shown = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['events', '--json', ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return [...stdout.matchAll(/"event":"([^"]+)"/g)].map(([, event]) => event);
  };
  expect(await shown('-n', '1')).toEqual(['renewal']);
  expect(await shown('-n1')).toEqual(['renewal']);
  expect(await shown('-n=1')).toEqual(['renewal']);
  expect(await shown('--lines', '2')).toEqual(['delivery', 'renewal']);
  expect(await shown('--failed')).toEqual(['delivery']);
  expect(await shown('--lineage', 'a.example.test')).toEqual(['batch', 'renewal']);
  expect(await shown('--since', '1h')).toEqual(['batch', 'delivery', 'renewal']);
  expect(await shown('--since', new Date(Date.now() + 60_000).toISOString())).toEqual([]);
  for (const [option, value] of [
    ['--since', 'soon'],
    ['--since', '2026-02-31'],
    ['--lines', 'many'],
  ] as const) {
    const { code, stderr } = await certbotHaIn(cluster, ['events', option, value]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`certbot-ha: ${option}: expected a `) as string,
    });
  }
});

test('events are followed until the interruption', async ({ cluster }) => {
  await happened(cluster, BATCH, DELIVERY);
  const [web1] = cluster.nodes;
  const following = startCli(cluster.envOf(web1), ['events', '--follow', '-n', '1']);
  await following.says(/delivery/);
  await happened(cluster, RENEWAL);
  await following.says(/renewal, a\.example\.test, 61\.0 s: ok/);
  following.child.kill('SIGINT');
  const { code, stdout, stderr } = await following.ended;
  expect({ code, stderr, lines: stdout.trimEnd().split('\n').length }).toEqual({
    code: 0,
    stderr: '',
    lines: 2,
  });
});

test('who may not read them is told to be root', async ({ cluster }) => {
  await happened(cluster, BATCH);
  const file = join(cluster.stateDir, 'events.jsonl');
  await chmod(file, 0);
  const reading = startShell('exec setpriv --inh-caps=-all --bounding-set=-all "$@"', cluster, ['events']);
  expect(await reading.ended).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `certbot-ha: ${file}: cannot be read (EACCES) [file-unreadable]\ncertbot-ha:   run it as root: sudo certbot-ha events\n`,
  });
});

test('who follows events ends with the one who reads them', async ({ cluster }) => {
  await happened(cluster, BATCH);
  const following = startCli(cluster.envOf(cluster.nodes[0]), ['events', '--follow']);
  onTestFinished(async () => await following.kill());
  await following.says(/batch of challenges/);
  following.child.stdout?.destroy();
  await happened(cluster, RENEWAL);
  expect(await following.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
});

test('who follows events ends where they cannot be shown', async ({ cluster }) => {
  await happened(cluster, BATCH);
  const following = startShell('exec "$@" >/dev/full', cluster, ['events', '--follow']);
  const { code, stderr } = await following.ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('[stdout-not-written]') as string,
  });
});

test('what doctor finds is recorded for those who do not run it', async ({ cluster }) => {
  const { stateDir } = cluster;
  const file = join(stateDir, 'doctor.json');
  const quiet = await certbotHaIn(cluster, ['doctor', '-q', '--no-drill']);
  expect(quiet.code).toBe(1);
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });

  expect(await certbotHaIn(cluster, ['doctor', '-q', '--record'])).toMatchObject({ code: 1, stderr: '' });
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  const run = JSON.parse(await readFile(file, 'utf8')) as { complaints: readonly { code: string }[] };
  expect(run).toMatchObject({
    ...{ node: 'web1', result: 'fail', at: expect.any(String), checks: { fail: expect.any(Number) } },
  });
  const message = expect.stringMatching(/^web2 [\d.]+: agent port \d+: connection refused/) as string;
  expect(run.complaints).toContainEqual({
    check: 'agents',
    result: 'fail',
    code: 'connection-refused',
    message,
  });
  const events = await eventsIn(stateDir, { only: ({ event }) => event !== 'challenge-gate' });
  expect(events).toEqual([
    {
      node: 'web1',
      program: 'doctor',
      event: 'drill',
      identifier: 'certbot-ha-drill.invalid',
      tokens: 1,
      outcome: 'drill-failed',
    },
    {
      node: 'web1',
      program: 'doctor',
      event: 'doctor',
      tokens: run.complaints.length,
      outcome: 'doctor-failed',
    },
  ]);
});

test('a run of doctor that cannot be recorded has failed', async ({ cluster }) => {
  await mkdir(cluster.stateDir, { recursive: true });
  const doctor = startShell('ulimit -f 0; exec "$@"', cluster, ['doctor', '-q', '--no-drill', '--record']);
  const { code, stderr } = await doctor.ended;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('EFBIG') as string });
});

test('without a configuration doctor has nowhere to record it', async ({ cluster }) => {
  const { code, stdout } = await certbotHaIn(cluster, ['doctor', '--record', '--config', '/nowhere.yaml']);
  expect({ code, stdout }).toEqual({
    code: 2,
    stdout: expect.stringContaining('[configuration-missing]') as string,
  });
});
