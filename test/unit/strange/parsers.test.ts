// @module-tag slow
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { makeBundle, NAME } from '../../support/lineage/bundle.ts';
import { test } from '../../support/lineage/certificates.ts';
import { ANSWERS } from '../../support/parsers/answers.ts';
import { bundleParsers } from '../../support/parsers/bundles.ts';
import { CHANNEL } from '../../support/parsers/channel.ts';
import { CONFIGURATION } from '../../support/parsers/configuration.ts';
import { DNS } from '../../support/parsers/dns.ts';
import { FIREWALL } from '../../support/parsers/firewall.ts';
import { leftParsers } from '../../support/parsers/left.ts';
import { LINEAGES } from '../../support/parsers/lineages.ts';
import { NAMES } from '../../support/parsers/names.ts';
import { casesOf, timeFor, tryParser, type Parser } from '../../support/parsers/parser.ts';
import { requestParsers } from '../../support/parsers/requests.ts';
import { SERVERS } from '../../support/parsers/servers.ts';
import { stateParsers } from '../../support/parsers/state.ts';
import { syncthingParsers } from '../../support/parsers/syncthing.ts';
import { launchedParser } from '../../support/parsers/launched.ts';
import { SURVEY } from '../../support/parsers/survey.ts';

const TEXTS = [
  ...CHANNEL,
  ...LINEAGES,
  ...NAMES,
  ...ANSWERS,
  ...SERVERS,
  ...FIREWALL,
  ...CONFIGURATION,
  ...SURVEY,
  ...DNS,
];
/** Thousandths of all cases. What writes files gets few. */
const SHARES = {
  texts: 930,
  carriers: 3,
  launched: 1,
  state: 20,
  left: 12,
  requests: 20,
  raw: 4,
  bundles: 10,
} as const;

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
    const { parsers, raw, end } = await requestParsers(directory);
    onTestFinished(end);
    await tryAll(parsers, SHARES.requests);
    await tryAll(raw, SHARES.raw);
  });

  test('what is left for root', WHOLE, async ({ directory }) => {
    await tryAll(leftParsers(join(directory, 'state')), SHARES.left);
  });

  test('the answers of Syncthing', WHOLE, async ({ directory }) => {
    const { parsers, end } = await syncthingParsers(directory);
    onTestFinished(end);
    await tryAll(parsers, SHARES.carriers);
  });

  test('what launchers have recorded', WHOLE, async ({ directory }) => {
    await tryAll([await launchedParser(join(directory, 'hooks'))], SHARES.launched);
  });

  test('bundles', WHOLE, async ({ ca }) => {
    const sound = makeBundle(await ca.issue([NAME]), { configDir: '/etc/letsencrypt' });
    await tryAll(bundleParsers(sound), SHARES.bundles);
  });
});
