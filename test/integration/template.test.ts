import { startCli } from '../support/cluster/built.ts';
import { expect, test } from '../support/cluster/cluster.ts';

test('the template of an integration test: a drill passes, and cleans up on every node', async ({
  cluster,
}) => {
  await cluster.startAll();
  const [web1] = cluster.nodes;

  const { code, stdout, stderr } = await startCli(cluster.envOf(web1), ['drill', 'a.example.test']).ended;

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const { name, address } of cluster.nodes) expect(stdout).toContain(`${name} ${address}: served (`);
  expect(await cluster.tokens()).toEqual([[], [], []]);
});
