import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSurvey, type SurveyOptions } from '../../../../lib/agent/admin/survey.ts';
import { surveyDocument } from '../../../support/cluster/survey-document.ts';
import { expect, test } from '../../../support/temporary.ts';

/** A program in place of certbot-ha: notes that it was started, and does what is in `next`. */
async function programOf(directory: string) {
  const [starts, file] = [join(directory, 'starts'), join(directory, 'next')];
  await writeFile(join(directory, 'status'), `echo start >> ${starts}\n. ${file}\n`);
  return {
    argv: ['/bin/sh', join(directory, 'status')],
    does: async (text: string) => await writeFile(file, text),
    starts: async () => (await readFile(starts, 'utf8')).trim().split('\n').length,
  };
}

function survey(argv: readonly string[], rest: Partial<SurveyOptions> = {}) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  return createSurvey({ argv, env: { PATH: process.env['PATH'] }, signal: ending.signal, ...rest });
}

const printing = (text: string) => `cat << 'END'\n${text}\nEND\n`;
const GOOD = printing(JSON.stringify(surveyDocument()));

test('is what the command prints, run once for all who ask within ten seconds, also where it exits with 1', async ({
  directory,
}) => {
  const program = await programOf(directory);
  await program.does(`${GOOD}exit 1`);
  const asked = survey(program.argv);
  expect(await asked.latest()).toMatchObject({
    document: null,
    trouble: null,
    isLooking: true,
    tookMs: null,
  });
  const seen = { document: { self: 'web1' }, trouble: null, isLooking: false };
  for (const answer of await Promise.all([asked.latest(20_000), asked.latest(20_000)]))
    expect(answer).toMatchObject(seen);
  expect(await asked.latest(20_000)).toMatchObject(seen);
  expect(await program.starts()).toBe(1);
});

test('is the earlier one while the next look lasts, and after it has failed, with the reason', async ({
  directory,
}) => {
  const program = await programOf(directory);
  await program.does(GOOD);
  const asked = survey(program.argv, { pauseMs: 0 });
  await asked.latest(20_000);
  const go = join(directory, 'go');
  await program.does(`until test -e ${go}; do sleep 0.02; done; exit 2`);
  expect(await asked.latest(20)).toMatchObject({
    ...{ document: { self: 'web1' }, trouble: null, isLooking: true },
  });
  await writeFile(go, '');
  expect(await asked.latest(20_000)).toMatchObject({
    ...{ document: { self: 'web1' }, trouble: { code: 'survey-failed' }, isLooking: false },
  });
  await program.does(GOOD);
  expect(await asked.latest(20_000)).toMatchObject({ trouble: null });
});

test('ends a look that hangs', async ({ directory }) => {
  const program = await programOf(directory);
  await program.does('sleep 60');
  expect(await survey(program.argv, { timeoutMs: 300 }).latest(20_000)).toMatchObject({
    trouble: { code: 'program-too-slow', program: '/bin/sh', seconds: 0.3 },
  });
});

test.for([
  ['echo configuration >&2; exit 2', { code: 'survey-failed', end: 2, said: ['configuration'] }],
  [printing('{"self": "web1"'), { code: 'survey-unreadable' }],
  [printing(JSON.stringify({ ...surveyDocument(), nodes: null })), { code: 'survey-unreadable' }],
  ['kill -9 $$', { code: 'program-killed', program: '/bin/sh', signal: 'SIGKILL' }],
] as const)('has none where the command does this: %s', async ([does, trouble], { directory }) => {
  const program = await programOf(directory);
  await program.does(does);
  expect(await survey(program.argv).latest(20_000)).toMatchObject({ document: null, trouble });
});

test('hands its environment on, but for what systemd has put there for the agent', async ({ directory }) => {
  const program = await programOf(directory);
  await program.does(`env > ${directory}/env`);
  const env = {
    PATH: process.env['PATH'],
    CERTBOT_HA_CONFIG: '/x.yaml',
    NOTIFY_SOCKET: '/n',
    LISTEN_FDS: '1',
  };
  await survey(program.argv, { env }).latest(20_000);
  const handed = await readFile(join(directory, 'env'), 'utf8');
  expect(handed).toContain('CERTBOT_HA_CONFIG=/x.yaml\n');
  expect(handed).not.toMatch(/NOTIFY_SOCKET|LISTEN_FDS/);
});
