import { expect, it } from 'vitest';
import { addEventMetrics } from '../../../../lib/agent/metrics/of-events.ts';
import { createRegistry } from '../../../../lib/agent/metrics/registry.ts';

it('look-ups that were written together count each', async () => {
  const registry = createRegistry();
  const count = addEventMetrics(registry, { nodes: ['web1'], targets: [] });
  const lookup = { at: '2026-05-01T00:00:00.000Z', node: 'web1', program: 'agent', event: 'lookup' } as const;
  count({ ...lookup, outcome: 'ok', peer: 'web2' });
  count({ ...lookup, outcome: 'token-not-found', tokens: 400 });
  const text = await registry.text();
  expect(text).toContain('certbot_ha_lookups_total{outcome="ok"} 1\n');
  expect(text).toContain('certbot_ha_lookups_total{outcome="failed"} 400\n');
});

it('records of DNS-01 are pushed to no node, and name servers have a gate of their own', async () => {
  const registry = createRegistry();
  const count = addEventMetrics(registry, { nodes: ['web1'], targets: ['web1'] });
  const common = {
    at: '2026-05-01T00:00:00.000Z',
    node: 'web1',
    program: 'auth',
    challenge: 'dns-01',
  } as const;
  count({ ...common, event: 'challenge-presented', tokens: 2, ms: 30, outcome: 'ok' });
  count({ ...common, event: 'challenge-gate', target: '192.0.2.53', ms: 700, outcome: 'txt-record-missing' });
  count({ ...common, event: 'batch', ms: 700, outcome: 'challenges-not-seen' });
  const text = await registry.text();
  expect(text).toContain('certbot_ha_challenge_pushes_total{node="web1",outcome="ok"} 0\n');
  expect(text).toContain(
    'certbot_ha_gate_failures_total{gate="dns",target="name servers",code="txt-record-missing"} 1\n',
  );
  expect(text).toContain('certbot_ha_batches_total{outcome="failed"} 1\n');
});
