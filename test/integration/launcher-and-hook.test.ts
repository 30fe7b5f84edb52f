// @module-tag slow
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import { readHookEnvironment } from '../../lib/certbot/environment.ts';
import { isDns, keyOf } from '../../lib/challenge/any-challenge.ts';
import { recordOf } from '../../lib/challenge/dns-01.ts';
import { launchedBy } from '../../lib/state/launched.ts';
import { runBy } from '../../lib/state/run-of.ts';
import { findProcess } from '../../lib/system/processes.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { AUTH, CLEANUP, LEFT_TO_NODE, recordsOf, WITHOUT_NODE } from '../support/cluster/launchers.ts';
import { lacking } from '../support/lacking.ts';
import { startLastingCertbot } from '../support/programs/lasting-certbot.ts';
import { runs, timeFor } from '../support/strange/runs.ts';

// What the launchers take is what the hooks of Node.js take, whatever certbot's environment is. launcher-environment.test.ts has the known cases.

const TOKEN = `Ab9_-${'A'.repeat(38)}`;
const VALUE = 'B'.repeat(43);
const LABEL = 'x'.repeat(63);
const LONG = `${`${LABEL}.`.repeat(3)}${'y'.repeat(61)}`;

/** What a shell, a pattern, a line or a name may take for something else. */
const NASTY = fc.constantFrom(
  ...['a', 'Z', '0', '9', '.', '-', '_', '*', '?', '[', ']', '!', '^', '\\', '/', ':', ',', '=', '%', '+'],
  ...[' ', '\t', '\n', '\r', '\u0001', '\u007F', '\u0085', '\u2028', '\uFEFF', 'ä', '٣', 'ſ', '🔑'],
  ...["'", '"', '`', '$', '$(:)', '~', '#', '&', ';', '|', '<', 'xn--', 'end\n', '%s', '\\c'],
);
const JUNK = fc.string({ unit: NASTY, maxLength: 6 });

/** As often as not as it is; or with something put into it, or cut out of it. */
function nearly(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const changed = fc.tuple(text, JUNK, fc.nat(), fc.nat({ max: 2 })).map(([value, junk, where, cut]) => {
    const at = where % (value.length + 1);
    return value.slice(0, at) + junk + value.slice(at + cut);
  });
  return fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: changed });
}

const NAME = nearly(
  fc.constantFrom(
    ...'a.test A.Test a.test. _a.b_c.test a_.test a-.test *.a.test ab--cd.test localhost . -n -e.test'.split(
      ' ',
    ),
    ...'10.0.0.1 256.1.1.1 1.2 a.1 a.0x7f 0x1 ::1 [::1] 2001:db8::1 fe80::1%eth0'.split(' '),
    ...['', `${LABEL}.test`, `${LABEL}x.test`, LONG, `${LONG}z`],
  ),
);
/** Of which a record's name may be made, or not. */
const RECORDED = fc.constantFrom(
  'xn--nxasmq6b.test',
  'xn--.test',
  'a.XN--A.test',
  LONG.slice(-237),
  LONG.slice(-238),
);
const MANY = [100, 5_000].map((count) => Array.from({ length: count }, (_, at) => `n${at}.test`).join(','));
const NAMES = fc.oneof(
  fc.array(NAME, { maxLength: 4 }).map((names) => names.join(',')),
  fc.constantFrom('a.test\nend\n', '\n', ',', ',,a.test,,', 'a.test,a.test', ...MANY),
);
const TOKENS = nearly(
  fc.constantFrom(TOKEN, TOKEN.slice(0, 16), TOKEN.slice(0, 15), 'x'.repeat(128), 'x'.repeat(129)),
);
const HTTP = { CERTBOT_TOKEN: TOKEN, CERTBOT_VALIDATION: `${TOKEN}.${VALUE}` };
const DNS = { CERTBOT_TOKEN: '', CERTBOT_VALIDATION: VALUE };
const LEFT = fc.constantFrom(
  ...'2 99 999999 0 01 00001 +1 1e1 -1 0x1 1.0 ٣ 1000000'.split(' '),
  ...['', ' 1', '1 ', '1\n', undefined],
);

const odd = (arbitraries: Record<string, fc.Arbitrary<string | undefined>>) => fc.record(arbitraries);
/** What may be odd, or what certbot may have been started with. */
const ODD = fc.oneof(
  odd({ CERTBOT_IDENTIFIER: NAME }),
  odd({ CERTBOT_IDENTIFIER: RECORDED }),
  odd({ CERTBOT_IDENTIFIER: fc.constantFrom(undefined, ''), CERTBOT_DOMAIN: NAME }),
  odd({ CERTBOT_DOMAIN: NAME }),
  odd({ CERTBOT_TOKEN: TOKENS }),
  odd({ CERTBOT_VALIDATION: nearly(fc.constantFrom(HTTP.CERTBOT_VALIDATION, VALUE, VALUE.slice(1))) }),
  fc.tuple(TOKENS, nearly(fc.constant(VALUE))).map(([token, value]) => ({
    ...{ CERTBOT_TOKEN: token, CERTBOT_VALIDATION: `${token}.${value}` },
  })),
  odd({ CERTBOT_REMAINING_CHALLENGES: LEFT }),
  odd({ CERTBOT_ALL_IDENTIFIERS: NAMES }),
  odd({ CERTBOT_ALL_IDENTIFIERS: fc.constantFrom(undefined, ''), CERTBOT_ALL_DOMAINS: NAMES }),
  odd({ IFS: fc.constantFrom('', '.', '0123456789', 'a'), LC_ALL: fc.constantFrom('C', 'C.UTF-8') }),
  odd({ SHELLOPTS: fc.constantFrom('allexport', 'errexit:nounset', 'noclobber:noglob', 'keyword') }),
  odd({ BASHOPTS: fc.constantFrom('nocasematch', 'extglob:nullglob'), POSIXLY_CORRECT: fc.constant('1') }),
  odd({ PPID: fc.constant('1'), CDPATH: fc.constant('/'), TMOUT: fc.constant('1') }),
  odd({ _cbha_hook: fc.constantFrom('auth', 'cleanup', ''), _cbha_token: fc.constant('x') }),
);

/** Where all of it is odd at once, nothing is ever taken. */
const ENVIRONMENT = fc
  .tuple(fc.constantFrom(HTTP, DNS), fc.array(ODD, { minLength: 1, maxLength: 2 }))
  .map(([challenge, more]): NodeJS.ProcessEnv => {
    const names = { CERTBOT_IDENTIFIER: 'a.test', CERTBOT_ALL_IDENTIFIERS: 'a.test,b.test' };
    return Object.assign(
      { ...names, ...challenge, CERTBOT_REMAINING_CHALLENGES: '1' },
      ...more,
    ) as NodeJS.ProcessEnv;
  });

const SHELLS = [
  ['dash', '-f'],
  ['bash', '--posix', '-f'],
  ['busybox', 'sh', '-f'],
] as const;

describe('whatever certbot’s environment is', { timeout: timeFor(60_000) }, () => {
  test.for(SHELLS)(
    'a launcher of %s takes no more than the hook does, and the same',
    async (shell, { cluster, skip }) => {
      const [program = '', ...options] = shell;
      const path = spawnSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).stdout.trim();
      if (path === '') return skip(lacking(`needs ${program}`));
      const records = await recordsOf(cluster);
      const certbot = cluster.keep(startLastingCertbot());
      const parameters = runs(400);
      let taken = 0;
      await fc.assert(
        fc.asyncProperty(ENVIRONMENT, fc.integer({ max: 9, min: 0 }), async (env, of) => {
          const isCleanup = of === 0;
          const all = { CERTBOT_HA_CONFIG: cluster.configFile, CERTBOT_HA_RECORDS: records, ...env };
          const ended = await certbot.run([path, ...options, isCleanup ? CLEANUP : AUTH], {
            ...all,
            ...WITHOUT_NODE,
          });
          if (ended.code === LEFT_TO_NODE) {
            expect(ended.stdout).toBe('');
            expect(await readdir(records)).toEqual([]);
            return;
          }
          taken += 1;
          // What the hook refuses it throws for.
          const { challenge, remainingChallenges, allIdentifiers } = readHookEnvironment(all);
          if (isDns(challenge)) recordOf(challenge);
          expect(remainingChallenges).toBeGreaterThan(0);
          const said = isCleanup
            ? ''
            : `${challenge.identifier}: recorded, ${remainingChallenges} more to come\n`;
          expect(ended).toMatchObject({ code: 0, stdout: said, stderr: '' });
          const launchers = launchedBy(all);
          const { id, process } = runBy(findProcess(certbot.pid), allIdentifiers);
          expect(launchers.all()).toMatchObject(isCleanup ? [] : [{ ...challenge, run: { id, process } }]);
          launchers.remove([keyOf(challenge)]);
          expect(await readdir(records)).toEqual([]);
        }),
        parameters,
      );
      expect(taken / parameters.numRuns).toBeGreaterThan(1 / 3);
    },
  );
});
