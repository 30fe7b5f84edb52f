// @module-tag slow
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { createPendingStore } from '../../../lib/state/pending.ts';
import { runBy } from '../../../lib/state/run-of.ts';
import { findProcess } from '../../../lib/system/processes.ts';
import { makeChallenge } from '../../support/cluster/challenge.ts';
import { lacking } from '../../support/lacking.ts';
import { noDamage } from '../../support/no-damage.ts';
import { startLastingCertbot } from '../../support/programs/lasting-certbot.ts';
import { inNamespace } from '../../support/programs/namespace.ts';
import { expect, test } from '../../support/temporary.ts';

const LIB = new URL('../../../lib/state', import.meta.url).pathname;
const JITI = new URL('../../../node_modules/.bin/jiti', import.meta.url).pathname;

/** What is left over, and what a run has that finds no certbot, for a program that sees no process of another user, nor one that may do more than itself. */
const SCRIPT = `import { createPendingStore } from '${LIB}/pending.ts';
import { launchedBy } from '${LIB}/launched.ts';
import { runBy } from '${LIB}/run-of.ts';
const [, , stateDir] = process.argv;
const store = createPendingStore(stateDir, async () => undefined, launchedBy(process.env));
const left = await store.leftOver(runBy(null, ['b.test']));
const batch = await store.batch(runBy(null, ['a.test', 'b.test']));
console.log(JSON.stringify({ left: left.length, batch: batch.length }));
`;

const HIDDEN = 'mount -t proc -o hidepid=4 none /proc && exec setpriv --bounding-set=-sys_ptrace "$0" "$@"';
const isHiding = () =>
  spawnSync('unshare', ['-m', 'sh', '-c', HIDDEN, 'sh', '-c', '[ ! -e /proc/1 ]']).status === 0;

describe('what a certbot has recorded that /proc hides', () => {
  test.for([
    ['runs', { left: 0, batch: 1 }],
    ['has ended', { left: 2, batch: 1 }],
  ] as const)(
    'is left over only when it has ended: where it %s',
    async ([state, expected], { directory, skip }) => {
      if (!isHiding())
        return skip(lacking('needs root, setpriv and a /proc that can hide processes (hidepid=4)'));
      const certbot = startLastingCertbot();
      onTestFinished(async () => await certbot.kill());
      await certbot.run(['true'], {});
      const runs = findProcess(certbot.pid);
      const [records, stateDir] = [join(directory, 'records'), join(directory, 'state')];
      await createPendingStore(stateDir, noDamage).record(runBy(runs, ['a.test']), makeChallenge('a.test'));
      await mkdir(records, { mode: 0o700 });
      const { token, keyAuthorization } = makeChallenge('a.test');
      const above = ` ${runs?.pid}:${runs?.startTime}`;
      const record = ['1', 'a.test', token, keyAuthorization, '1', 'a.test,b.test', '', above, 'end', ''];
      await writeFile(join(records, `${token}.certbot-ha-record`), record.join('\n'));
      if (state === 'has ended') await certbot.kill();

      const script = join(directory, 'script.ts');
      await writeFile(script, SCRIPT);
      const env = { ...process.env, CERTBOT_HA_RECORDS: records };
      const ended = await inNamespace(HIDDEN, [JITI, script, stateDir], env, skip);
      expect(ended).toMatchObject({ code: 0, stderr: '', stdout: `${JSON.stringify(expected)}\n` });
    },
  );
});
