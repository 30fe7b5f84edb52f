import { expect, test } from 'vitest';
import { haproxyChallenges } from '../../../lib/setup/haproxy-challenges.ts';

const BACKEND =
  'backend acme\n  mode http\n  server one 127.0.0.1:9482 check # acme\n  server two 192.0.2.9:80\n';
const HANDED_ON = {
  code: 'challenges-handed-on',
  backend: 'acme',
  servers: ['127.0.0.1:9482', '192.0.2.9:80'],
};
const PATH = '/.well-known/acme-challenge/';

test.for<readonly [string, string, object | null]>([
  ['a condition', `use_backend acme if { path_beg ${PATH} }`, HANDED_ON],
  ['a name of one', `acl is_acme path_beg -i ${PATH}\n  use_backend acme if is_acme`, HANDED_ON],
  [
    'a regular expression',
    String.raw`use_backend acme if { path_reg "^/\.well-known/acme-challenge/" }`,
    HANDED_ON,
  ],
  [
    'an answer',
    `http-request return status 200 content-type text/plain lf-string "x" if { path_beg ${PATH} }`,
    { code: 'challenges-answered', section: 'frontend http' },
  ],
  ['no comment', `# use_backend acme if { path_beg ${PATH} }`, null],
  [
    'no redirect that leaves them out',
    `http-request redirect scheme https unless { path_beg ${PATH} }`,
    null,
  ],
  ['no backend for all others', `use_backend web if !{ path_beg ${PATH} }`, null],
  ['no backend for all but a name', `acl is_acme path_beg ${PATH}\n  use_backend web if !is_acme`, null],
  ['nothing', '', null],
])('knows %s', ([, inside, expected]) => {
  const front = `global\n  daemon\ndefaults\n  mode http\nfrontend http\n  bind :80\n  ${inside}\n  default_backend web\n`;
  expect(haproxyChallenges([`${front}${BACKEND}`])).toEqual(expected);
  // A backend may be in a file of its own.
  expect(haproxyChallenges([front, BACKEND])).toEqual(expected);
});
