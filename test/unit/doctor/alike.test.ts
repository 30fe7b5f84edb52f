import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alike } from '../../../lib/doctor/checks/alike.ts';
import { expect, test } from '../../support/temporary.ts';
import { configIn, healthy, stepsIn, told } from './healthy.ts';

const OTHER = { configuration: 'f'.repeat(16) };
const OWN = 'vips: []\n';
const KEPT = ['config.yaml', 'config.yaml.before'];

/** This node and a peer, each with a directory of its own, and what stands for ssh and scp between them. */
async function pair(directory: string, theirs: string | null, ssh = '') {
  const [here, there] = [join(directory, 'here'), join(directory, 'there')];
  await Promise.all([here, there].map(async (one) => await mkdir(one)));
  const file = join(here, 'config.yaml');
  await writeFile(file, OWN);
  if (theirs !== null) await writeFile(join(there, 'config.yaml'), theirs);
  const over = `sed 's#root@[^:]*:${here}#${there}#g'`;
  const programs = {
    ssh: `${ssh}\nshift; sh -c "$(echo "$*" | sed 's#${here}#${there}#g')"`,
    scp: `cp "$1" "$(echo "$2" | ${over})" "$(echo "$3" | ${over})"`,
    systemctl: `echo "$*" >> ${directory}/log`,
  };
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, name), 0o755);
  }
  const type = async (line: string) => {
    const env = { PATH: `${directory}:${process.env['PATH']}` };
    await promisify(execFile)('sh', ['-c', line], { env }).catch(() => null);
    const log = await readFile(join(directory, 'log'), 'utf8').catch(() => '');
    return {
      here: (await readdir(here)).toSorted(),
      there: (await readdir(there)).toSorted(),
      text: await readFile(join(there, 'config.yaml'), 'utf8').catch(() => null),
      isReloaded: log.includes('reload certbot-ha-agent'),
    };
  };
  return { file, type };
}

/** The last line of the steps where a peer's configuration differs. */
async function stepOf(file: string, ...differing: readonly number[]): Promise<string> {
  const config = configIn('/srv', { file, self: null });
  const peers = [1, 2].map((at) => told(config, at, 0, differing.includes(at) ? OTHER : {}));
  const outcome = await alike.run(
    healthy('/srv', { agents: async () => [told(config, 0), ...peers] }, config),
  );
  return (
    stepsIn(outcome)[0]
      ?.at(-1)
      ?.replace(/^next: /, '') ?? ''
  );
}

test.for([
  ['another one', 'vips: [192.0.2.1]\n', { text: OWN, there: KEPT, isReloaded: true }],
  ['none', null, { text: OWN, there: ['config.yaml'], isReloaded: true }],
  ['the same', OWN, { text: OWN, there: ['config.yaml'], isReloaded: true }],
  ...['self: web2', '"self": web2', "'self' : web2"].map(
    (line) => [line, `${line}\n`, { text: `${line}\n`, there: ['config.yaml'], isReloaded: false }] as const,
  ),
] as const)('most have this node’s, the peer has %s', async ([, theirs, expected], { directory }) => {
  const { file, type } = await pair(directory, theirs);
  expect(await type(await stepOf(file, 1))).toMatchObject(expected);
});

test.for([
  ['', true, KEPT],
  ['exit 255', false, ['config.yaml']],
] as const)('what most have is taken, ssh being "%s"', async ([ssh, isReloaded, here], { directory }) => {
  const { file, type } = await pair(directory, 'vips: [192.0.2.1]\n', ssh);
  expect(await type(await stepOf(file, 1, 2))).toMatchObject({ here, isReloaded });
});
