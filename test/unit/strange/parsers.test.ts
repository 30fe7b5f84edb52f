// @module-tag slow
import { describe, test } from 'vitest';
import { ANSWERS } from '../../support/parsers/answers.ts';
import { CHANNEL } from '../../support/parsers/channel.ts';
import { LINEAGES } from '../../support/parsers/lineages.ts';
import { casesOf, timeFor, tryParser } from '../../support/parsers/parser.ts';
import { SERVERS } from '../../support/parsers/servers.ts';

const PARSERS = [...CHANNEL, ...LINEAGES, ...ANSWERS, ...SERVERS];

describe('whatever stands in their place is read, or refused with words, in time', () => {
  for (const parser of PARSERS) {
    const cases = casesOf(parser, PARSERS);
    test(parser.what, { timeout: timeFor(cases) }, async () => await tryParser(parser, cases));
  }
});
