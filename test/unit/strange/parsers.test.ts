// @module-tag slow
import { describe } from 'vitest';
import { makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { test } from '../../support/lineage/certificates.ts';
import { ANSWERS } from '../../support/parsers/answers.ts';
import { bundleParsers } from '../../support/parsers/bundles.ts';
import { CHANNEL } from '../../support/parsers/channel.ts';
import { CONFIGURATION } from '../../support/parsers/configuration.ts';
import { LINEAGES } from '../../support/parsers/lineages.ts';
import { NAMES } from '../../support/parsers/names.ts';
import { casesOf, timeFor, tryParser, type Parser } from '../../support/parsers/parser.ts';
import { requestParsers } from '../../support/parsers/requests.ts';
import { SERVERS } from '../../support/parsers/servers.ts';
import { stateParsers } from '../../support/parsers/state.ts';

const TEXTS = [...CHANNEL, ...LINEAGES, ...NAMES, ...ANSWERS, ...SERVERS, ...CONFIGURATION];
/** Thousandths of all cases. What writes files gets few. */
const SHARES = { texts: 950, state: 20, requests: 20, bundles: 10 } as const;

const tryAll = async (parsers: readonly Parser[], thousandths: number) => {
  for (const [parser, cases] of casesOf(parsers, thousandths)) await tryParser(parser, cases);
};
const WHOLE = { timeout: timeFor(100_000) };

describe('whatever stands in their place is read, or refused with words, in time', () => {
  for (const [parser, cases] of casesOf(TEXTS, SHARES.texts))
    test(parser.what, { timeout: timeFor(cases) }, async () => await tryParser(parser, cases));

  test('the state of a node', WHOLE, async ({ directory }) => {
    await tryAll(stateParsers(directory), SHARES.state);
  });

  test('requests to the agent', WHOLE, async ({ directory }) => {
    await tryAll(await requestParsers(directory), SHARES.requests);
  });

  test('bundles', WHOLE, async ({ ca }) => {
    const sound = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
    await tryAll(bundleParsers(sound), SHARES.bundles);
  });
});
