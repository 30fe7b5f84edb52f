import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certbotHaIn } from '../support/cluster/command-line.ts';
import { receive } from '../support/programs/receiver.ts';
import { eventsIn } from '../support/cluster/event-files.ts';
import { expect, test } from '../support/cluster/cluster.ts';

test('the agents that do not answer are told of at the second run, and not again', async ({
  cluster,
  onTestFinished,
}) => {
  const { origin, received, close } = await receive();
  onTestFinished(close);
  const file = join(cluster.directory, 'url');
  await writeFile(file, `${origin}/SECRET\n`, { mode: 0o600 });
  await cluster.configure({ notify: [{ webhook: { file } }] });
  const run = async () => await certbotHaIn(cluster, ['notify']);
  expect(await run()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(received).toEqual([]);
  expect(await run()).toMatchObject({
    ...{ code: 0, stderr: '' },
    stdout: `webhook ${file}: certbot-ha on web1: 3 new\n`,
  });
  expect(await run()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(received.map(({ path }) => path)).toEqual(['/SECRET']);
  expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
    ...{ event: 'news', node: 'web1' },
    new: cluster.nodes.map(({ name, address }) => ({
      who: `${name} ${address}`,
      code: 'connection-refused',
    })),
  });
  expect(await readFile(join(cluster.stateDir, 'notified.json'), 'utf8')).not.toContain('SECRET');
});

test('what doctor has found by itself is told, and when it is over', async ({ cluster, onTestFinished }) => {
  const { origin, received, close } = await receive();
  onTestFinished(close);
  const file = join(cluster.directory, 'url');
  await writeFile(file, `${origin}/\n`, { mode: 0o600 });
  await cluster.configure({ notify: [{ webhook: { file } }] });
  const at = new Date().toISOString();
  const complaints = [{ check: 'clocks', result: 'fail', code: 'clock-apart', message: 'x' }];
  const failed = { at, node: 'web1', result: 'fail', checks: { pass: 20, warn: 0, fail: 1 }, complaints };
  const good = { ...failed, result: 'pass', complaints: [] };
  await mkdir(cluster.stateDir, { recursive: true });
  for (const run of [failed, failed, good, good]) {
    await writeFile(join(cluster.stateDir, 'doctor.json'), JSON.stringify(run));
    expect(await certbotHaIn(cluster, ['notify'])).toMatchObject({ code: 0, stderr: '' });
  }
  const told = received.map(({ body }) => JSON.parse(body) as Record<'new' | 'over', readonly object[]>);
  const found = { who: 'web1', code: 'doctor-failed' };
  expect(told.flatMap((news) => news.new)).toContainEqual(expect.objectContaining(found));
  expect(told.at(-1)?.over).toContainEqual(expect.objectContaining(found));
  const events = await eventsIn(cluster.stateDir, { only: ({ program }) => program === 'notify' });
  expect(events).toEqual(
    told.map(() => ({ node: 'web1', program: 'notify', event: 'notification', tokens: 1, outcome: 'ok' })),
  );
});

test('a test that is asked for needs somebody to be told', async ({ cluster }) => {
  const { code, stderr } = await certbotHaIn(cluster, ['notify', '--test']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: [
      `certbot-ha: ${cluster.configFile}: notify is empty: nobody is told of anything [no-receiver]`,
      'certbot-ha:   add receivers to it, such as: notify: [{mail: root}, {ntfy: {file: /etc/certbot-ha/ntfy.url}}]',
      '',
    ].join('\n'),
  });
});
