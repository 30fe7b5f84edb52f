import { expect, test } from 'vitest';
import type { SurveyDocument } from '../../../../lib/agent/admin/survey-document.ts';
import { addSurveyMetrics } from '../../../../lib/agent/metrics/of-survey.ts';
import { createRegistry } from '../../../../lib/agent/metrics/registry.ts';
import { surveyDocument } from '../../../support/cluster/survey-document.ts';

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** What is exported of the cluster, a line a sample, where that is seen, the last one last. */
async function exported(...seen: readonly SurveyDocument[]): Promise<readonly string[]> {
  const registry = createRegistry();
  const write = addSurveyMetrics(registry);
  for (const document of seen) write({ document, trouble: null, isLooking: false, tookMs: 1000 });
  return (await registry.text()).split('\n').filter((line) => line.startsWith('certbot_ha_'));
}

test('what is older than five minutes is not exported, but when it was', async () => {
  const seen = [surveyDocument({ at: ago(400) }), surveyDocument({ at: ago(310) })];
  expect(await exported(surveyDocument({ at: ago(290) }))).toContain('certbot_ha_node_up{node="web2"} 1');
  expect((await exported(...seen)).map((line) => line.replace(/ .*/, '')).toSorted()).toEqual([
    'certbot_ha_survey_complete',
    'certbot_ha_survey_duration_seconds',
    'certbot_ha_survey_success',
    'certbot_ha_survey_timestamp_seconds',
  ]);
  expect(await exported(surveyDocument({ at: ago(1) }), ...seen)).toHaveLength(4);
});

test('a node that answers is up, whatever it cannot tell of its certificates', async () => {
  const [web1, web2] = surveyDocument().nodes;
  if (web1 === undefined || web2 === undefined) throw new Error('the document has two nodes');
  const untold = { ...web1, reason: { code: 'records-unread', message: 'cannot be read' } };
  const silent = { ...web2, agent: 'unreachable' as const };
  const lines = await exported(surveyDocument({ at: ago(1), nodes: [untold, silent] }));
  expect(lines).toContain('certbot_ha_node_up{node="web1"} 1');
  expect(lines).toContain('certbot_ha_node_up{node="web2"} 0');
});
