import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { Config } from '../../../lib/cluster/config.ts';
import { settingsOf } from '../../../lib/cluster/lineage-settings.ts';
import { targetsFor } from '../../../lib/cluster/target.ts';

const NOTHING = { served: null, test: null, reload: null, runsOn: null };
const RELOAD = [['systemctl', 'reload', 'postfix']];

function configOf(lineages: object, runsOn: 'all' | 'holder' = 'all'): Config {
  const [web1, web2] = ['web1', 'web2'].map((name) => ({ name, address: name }));
  return {
    ...{ nodes: [web1, web2], vips: ['192.0.2.10'], gate: {} },
    ...{ certificates: { lineages }, webServer: { runsOn } },
  } as unknown as Config;
}

function unprobedIn(config: Config, lineage: string) {
  const [self, peer] = config.nodes;
  const cluster = { config, self, peers: [peer] } as unknown as Cluster;
  return targetsFor(cluster, lineage).map(({ unprobed = null }) => unprobed);
}

describe('what the configuration says of a lineage', () => {
  test.each([
    ['nothing', {}, { served: null, test: null, reload: null, runsOn: 'all' }],
    ['its ports', { mail: { ...NOTHING, served: [{ port: 993, starttls: null }] } }, { reload: null }],
    [
      'its commands, which stand for the test as well',
      { mail: { ...NOTHING, reload: RELOAD } },
      { test: [] },
    ],
    [
      'a test of its own',
      { mail: { ...NOTHING, test: [['postfix', 'check']] } },
      { test: [['postfix', 'check']], reload: null },
    ],
    ['where it runs', { mail: { ...NOTHING, runsOn: 'holder' } }, { runsOn: 'holder' }],
    ['something of another one', { other: { ...NOTHING, served: [] } }, { served: null }],
  ])('%s', (_, lineages, expected) => {
    expect(settingsOf(configOf(lineages), 'mail')).toMatchObject(expected);
  });

  test('nothing of one that is called as every object has it', () => {
    expect(settingsOf(configOf({}), 'constructor').served).toBeNull();
  });
});

describe('which targets are looked at', () => {
  test('every one, as a rule', () => {
    expect(unprobedIn(configOf({}), 'mail')).toEqual([null, null, null]);
  });

  test('the VIP alone, where the web server runs where the VIP is', () => {
    expect(unprobedIn(configOf({}, 'holder'), 'mail')).toEqual(['on-standby', 'on-standby', null]);
  });

  test('every one of a lineage whose server runs everywhere, beside a web server that does not', () => {
    const config = configOf({ mail: { ...NOTHING, runsOn: 'all' } }, 'holder');
    expect(unprobedIn(config, 'mail')).toEqual([null, null, null]);
  });

  test('none of a lineage that is served nowhere', () => {
    const nowhere = 'served-nowhere';
    expect(unprobedIn(configOf({ mail: { ...NOTHING, served: [] } }), 'mail')).toEqual([
      nowhere,
      nowhere,
      nowhere,
    ]);
  });
});
