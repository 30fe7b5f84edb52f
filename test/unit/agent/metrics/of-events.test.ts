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
