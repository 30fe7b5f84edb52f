import { expect, test } from 'vitest';
import { wrapped } from '../../../lib/commands/wrap.ts';

test.for([
  ['fits exactly here', 17, 'fits exactly here'],
  ['web2 192.0.2.12: no answer within 5 s', 20, 'web2 192.0.2.12: no\n  answer within 5 s'],
  ['NODE  ADDRESS     NOTE at last', 16, 'NODE  ADDRESS\n  NOTE at last'],
  ['/a/path/that/is/longer than that', 10, '/a/path/that/is/longer\n  than\n  that'],
  ['節点 節点 節点', 10, '節点 節点\n  節点'],
  // What is to be typed or copied, and what programs read.
  ['  next: certbot-ha install-lineage --wait 5', 20, '  next: certbot-ha install-lineage --wait 5'],
  ['{\n  "a": "long, and in several lines"\n}', 10, '{\n  "a": "long, and in several lines"\n}'],
] as const)('%j on %i columns', ([line, columns, expected]) => {
  expect(wrapped(line, columns)).toBe(expected);
});
