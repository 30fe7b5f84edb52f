import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apacheWebroot } from '../../../lib/setup/apache-webroot.ts';
import { caddyWebroot } from '../../../lib/setup/caddy-webroot.ts';
import { haproxyChallenges } from '../../../lib/setup/haproxy-challenges.ts';
import { nginxWebroot } from '../../../lib/webserver/nginx-webroot.ts';
import { runs } from '../../support/strange/runs.ts';
import { cpuMs } from '../../support/cpu-time.ts';

// Whatever a web server's configuration is like: a webroot is a plain absolute path, or none is known, and it is soon told.

const WORDS = [
  ...['Alias', 'AliasMatch', '<Location "', '</Location>', 'Define A', '${A}', 'location', 'root', 'alias'],
  ...['/.well-known/acme-challenge/', '/srv', '"', "'", '\\', '\n', ' ', '{', '}', ';', '#', '>', '$1', '*'],
  ...['use_backend', 'acl', 'if', '!{', 'backend', 'frontend', 'http-request', 'return', 'server', 'x'],
];
const TEXT = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join(''));
const SPACED = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join(' '));
const ANY = fc.oneof(TEXT, SPACED, fc.string({ unit: 'binary', maxLength: 200 }));

const isPath = (webroot: string | null) => webroot === null || /^\/[^${]*$/.test(webroot);

describe('a configuration', () => {
  test('of any text names a path or nothing', () => {
    fc.assert(
      fc.property(fc.array(ANY, { maxLength: 3 }), (texts) => {
        expect(isPath(apacheWebroot(texts))).toBe(true);
        expect(isPath(nginxWebroot(texts.join('\n')))).toBe(true);
        haproxyChallenges(texts);
      }),
      runs(200),
    );
  });

  test('of any JSON does as well', () => {
    const keys = fc.constantFrom(
      'match',
      'handle',
      'path',
      'path_regexp',
      'pattern',
      'handler',
      'root',
      'routes',
    );
    const values = fc.constantFrom(
      'vars',
      'file_server',
      '/.well-known/acme-challenge/*',
      '/srv',
      '{x}',
      1,
      null,
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        values,
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(keys, tie('json'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(json, (value) => {
        expect(isPath(caddyWebroot(JSON.stringify(value)))).toBe(true);
      }),
      runs(200),
    );
  });

  test.for(['"', "'", '\\', '{', '#', 'a ', '"\\', `'"`, '\\\n', '<Location ', 'acl x '])(
    'of a quarter of a mebibyte of %j is soon read',
    (piece) => {
      const text = piece.repeat(Math.ceil(262_144 / piece.length));
      const usedMs = cpuMs();
      apacheWebroot([text]);
      haproxyChallenges([text]);
      nginxWebroot(text);
      expect(cpuMs() - usedMs).toBeLessThan(5_000);
    },
  );
});
