import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accountDirectory } from '../../../lib/certbot/config-dir.ts';
import { keyOf } from '../../../lib/challenge/any-challenge.ts';
import { readHookEnvironment } from '../../../lib/certbot/environment.ts';
import { composeConf, updateConf } from '../../../lib/certbot/renewal-conf.ts';
import { readRenewalData, renewerOf } from '../../../lib/certbot/renewal-data.ts';
import { PARAMS, readSettings } from '../../../lib/certbot/settings.ts';
import type { Target } from '../../../lib/cluster/target.ts';
import { judgeAnswer } from '../../../lib/gate/judge-answer.ts';
import { follow, portOf } from '../../../lib/gate/redirect.ts';
import { isReserved } from '../../../lib/net/reserved.ts';
import { runs, timeFor } from '../../support/strange/runs.ts';
import { CONF } from '../../support/strange/texts.ts';
import { expectedOf, expectWords } from '../../support/strange/words.ts';

const BINARY = fc.string({ unit: 'binary', maxLength: 120 });
const EACH = runs(300);

describe('whatever a renewal configuration says', { timeout: timeFor(10_000) }, () => {
  const hooks = {
    auth: '/opt/ha/hooks/auth.js',
    cleanup: '/opt/ha/hooks/cleanup.js',
    deploy: '/opt/ha/hooks/deploy.js',
  };
  const own = { configDir: '/etc/letsencrypt', lineage: 'a.test', hooks };
  const commandsIn = (text: string) =>
    readSettings(text).filter(({ section, key }) => section === PARAMS && /hook/.test(key));

  test('a node that composes its own from it names no command but its own, and reads the same data in it', () => {
    fc.assert(
      fc.property(CONF, (text) => {
        const data = readRenewalData(text);
        if ('problems' in data) return expectWords(...data.problems);
        // Below certbot's accounts, whatever the URL.
        expect(accountDirectory(own.configDir, data)).toMatch(
          /^\/etc\/letsencrypt\/accounts\/[^/]+(?:\/.+)?\/[0-9a-f]{32}$/,
        );
        const composed = composeConf(data, own);
        expect(readRenewalData(composed)).toEqual({ ...data, challenges: data.challenges ?? 'http-01,' });
        expect(renewerOf(composed).authenticator).toBe('manual');
        expect(
          commandsIn(composed)
            .map(({ value }) => value)
            .toSorted(),
        ).toEqual(Object.values(hooks).toSorted());
      }),
      EACH,
    );
  });

  test('what is brought up to date from it keeps its own commands', () => {
    fc.assert(
      fc.property(CONF, CONF, (theirs, mine) => {
        const data = readRenewalData(theirs);
        if ('problems' in data || !renewerOf(mine).isOurs) return;
        const before = new Set([...commandsIn(mine).map(({ value }) => value), ...Object.values(hooks)]);
        for (const { value } of commandsIn(updateConf(mine, data, own))) expect(before).toContain(value);
      }),
      EACH,
    );
  });
});

describe('whatever a web server answers', { timeout: timeFor(10_000) }, () => {
  test('a redirect is followed to where the CA goes, or refused with words', () => {
    const url = new URL('http://a.example.com/.well-known/acme-challenge/x');
    const host = fc.constantFrom(
      'a.example.com',
      'b.example.com',
      '127.0.0.1',
      '[::1]',
      '0x7f.1',
      'localhost',
      'x.well-known',
      'a.test:81',
    );
    const locations = fc.oneof(
      BINARY,
      fc.webUrl(),
      fc
        .tuple(fc.constantFrom('http://', 'https://', '//', 'http:/', 'ftp://', 'http:\\\\'), host, BINARY)
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(locations, (location) => {
        const hop = follow(
          location,
          { url, host: url.host },
          { identifier: url.hostname, ports: new Set([80, 443]) },
        );
        if ('code' in hop) return expectWords(hop);
        expect(['http:', 'https:']).toContain(hop.url.protocol);
        expect([80, 443]).toContain(portOf(hop.url));
        expect(isReserved(hop.url.hostname.replaceAll(/[[\]]/g, ''))).toBe(false);
      }),
      EACH,
    );
  });

  test('what is no response to the challenge is none, and has words', () => {
    const target = { kind: 'node', name: 'web1', address: '192.0.2.1', httpPort: 80 } as unknown as Target;
    const answers = fc.record({
      ...{
        status: fc.integer({ min: 100, max: 999 }),
        server: BINARY,
        type: fc.constantFrom('', 'text/html', 'text/plain'),
      },
      ...{
        location: fc.constant(''),
        body: fc.oneof(BINARY, fc.constant('right'), fc.constant('right\n')),
        isRedirected: fc.boolean(),
      },
    });
    fc.assert(
      fc.property(answers, ({ body, ...answer }) => {
        const url = new URL('http://a.example.com/');
        const seen = judgeAnswer({ ...answer, url, body: Buffer.from(body, 'latin1') }, target, 'right');
        expect(seen.state === 'served').toBe(answer.status === 200 && body.trimEnd() === 'right');
        expectWords(...(seen.state === 'served' ? [] : [seen.reason]));
      }),
      EACH,
    );
  });
});

test(
  'whatever stands in certbot’s environment is a challenge, or an error that names the variable',
  { timeout: timeFor(10_000) },
  () => {
    const names = [
      'CERTBOT_DOMAIN',
      'CERTBOT_IDENTIFIER',
      'CERTBOT_TOKEN',
      'CERTBOT_VALIDATION',
      'CERTBOT_REMAINING_CHALLENGES',
      'CERTBOT_ALL_DOMAINS',
    ];
    const token = 't'.repeat(43);
    const value = fc.oneof(BINARY, fc.constantFrom('a.test', token, `${token}.${token}`, '0', '-1', ''));
    fc.assert(
      fc.property(
        fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }),
        (env) => {
          const read = expectedOf(() => readHookEnvironment(env));
          expect(read === null ? token : keyOf(read.challenge)).toMatch(/^[\w-]{16,128}$/);
        },
      ),
      EACH,
    );
  },
);
