import { once } from 'node:events';
import { describe } from 'vitest';
import type { ChannelClient } from '../../../lib/channel/client.ts';
import { LINEAGES, STATUS } from '../../../lib/channel/protocol.ts';
import { transportsOf } from '../../../lib/cluster/abilities.ts';
import type { Cluster } from '../../../lib/cluster/cluster.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { MAX_AGENTS_AT_ONCE } from '../../../lib/net/connections.ts';
import { openState } from '../../../lib/state/state.ts';
import type { SurveyOptions } from '../../../lib/status/in-turn.ts';
import { surveyCluster } from '../../../lib/status/nodes.ts';
import { deadline } from '../../../lib/system/deadline.ts';
import { noDamage } from '../../support/no-damage.ts';
import { expect, test } from '../../support/temporary.ts';

const SILENT = { isOk: false, reason: { code: 'agent-silent' }, isSilent: true } as const;
const LAST = ['n65', 'n66'];

/** The agents of the first nodes, as many as are asked at once, do not answer what is asked there; all others do. */
const silentAt = (place: string): ChannelClient => ({
  request: async ({ name }, _method, path, { read, signal }) => {
    if (path === place && !LAST.includes(name)) {
      if (!signal.aborted) await once(signal, 'abort');
      return SILENT;
    }
    if (signal.aborted) return SILENT;
    const status = { node: name, version: '1.0.0', uptimeSeconds: 1, vips: [], challenges: 0 };
    const body = read?.(path === LINEAGES ? { lineages: [] } : status) ?? null;
    if (body === null) throw new Error('not as it should be');
    return { isOk: true, body };
  },
  close: async () => undefined,
});

/** What is known of each node in a cluster of two more than are asked at once: self is the last one. */
async function reasonsOf(directory: string, client: ChannelClient, options: SurveyOptions) {
  const nodes = Array.from({ length: MAX_AGENTS_AT_ONCE + LAST.length }, (_, index): ClusterNode => {
    const place = { name: `n${index + 1}`, address: `127.0.0.${index + 1}`, isDrained: false };
    return { ...place, agentPort: 1, webroot: '/srv', httpPort: 80, httpsPort: 443 };
  });
  const [self] = nodes.slice(-1);
  if (self === undefined) throw new Error('no node');
  const certificates = { mode: 'shared', configDir: directory, lineages: {} };
  const of = { file: 'config.yaml', transport: transportsOf('http'), webServer: { runsOn: 'all' } };
  const config = { ...of, nodes, vips: [], certificates } as unknown as Config;
  const cluster: Cluster = { self, peers: nodes.slice(0, -1), config };
  const state = openState({ stateDir: directory }, noDamage);
  const seen = await surveyCluster(cluster, client, state, {}, options);
  return seen.nodes.map(({ reason }) => reason?.code ?? 'told');
}

describe(`with more nodes than ${MAX_AGENTS_AT_ONCE}, which are asked at once`, () => {
  test.for([
    ['anything', STATUS],
    ['for its lineages', LINEAGES],
  ] as const)(
    'one that waits to be asked %s behind silent ones is not silent',
    async ([, place], { directory }) => {
      const reasons = await reasonsOf(directory, silentAt(place), { askMs: 300 });
      expect(reasons.slice(0, MAX_AGENTS_AT_ONCE)).toEqual(
        Array.from({ length: MAX_AGENTS_AT_ONCE }, () => 'agent-silent'),
      );
      expect(reasons.slice(MAX_AGENTS_AT_ONCE)).toEqual(['told', 'told']);
    },
  );

  test('one that was not asked before all of the time was over is not called silent', async ({
    directory,
  }) => {
    const reasons = await reasonsOf(directory, silentAt(STATUS), { signal: deadline(40), askMs: 20_000 });
    expect(reasons.slice(MAX_AGENTS_AT_ONCE)).toEqual(['no-time-left', 'no-time-left']);
  });
});
