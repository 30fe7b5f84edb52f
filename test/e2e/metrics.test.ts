import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { eventually, expect, test, type LabNode } from '../lab/scene/scene.ts';

const scrapeOf = async (node: LabNode) =>
  await node.check(['curl', '-sS', '-m', '5', 'http://127.0.0.1:9481/metrics']);

/** What is the same whoever looks, and however often. */
function comparable(json: string) {
  const { at: _, nodes, ...rest } = JSON.parse(json) as { at: string; nodes: object[] };
  return { ...rest, nodes };
}

test("the agent's user sees the cluster as root does, from within the agent's unit too", async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  const name = scene.name('metrics');
  await scene.issueEverywhere(web1, name);
  await web2.check(['test', '-e', `${web2.paths.letsencrypt}/live/${name}/cert.pem`]);

  for (const node of [web1, web2]) {
    const status = ['certbot-ha', 'status', '--json'];
    const byRoot = await node.check(status);
    const byAgent = await node.check(['runuser', '-u', 'certbot-ha', '--', ...status]);
    expect(comparable(byAgent)).toEqual(comparable(byRoot));

    const text = await eventually(async () => await scrapeOf(node), {
      until: (seen) =>
        seen.includes(`certbot_ha_certificate_installed_newest{lineage="${name}",node="web3"} 1`),
      ...{ timeoutMs: 30_000, everyMs: 500, what: 'the lineage in the metrics' },
    });
    for (const line of [
      'certbot_ha_survey_success 1',
      ...['web1', 'web2', 'web3'].flatMap((peer) => [
        `certbot_ha_node_up{node="${peer}"} 1`,
        `certbot_ha_certificate_installed_newest{lineage="${name}",node="${peer}"} 1`,
        `certbot_ha_certificate_served{lineage="${name}",target="${peer}",serves="newest"} 1`,
      ]),
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(
      new RegExp(
        `^certbot_ha_vip_holder\\{vip="${scene.vip}",node="${node.name}"\\} ${node === web1 ? 1 : 0}$`,
        'm',
      ),
    );
  }
});

const MONITORING = resolve(import.meta.dirname, '../../docs/monitoring');
const HERE = '/var/lib/test-prometheus';
const ADMIN_PORT = 9481;

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly description?: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** What the API of a Prometheus on a node answers. */
async function ask<T>(node: LabNode, path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  const values = Object.entries(query).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`]);
  const answer = await node.check([
    'curl',
    '-sS',
    '-m',
    '10',
    '-G',
    `http://127.0.0.1:9090/api/v1/${path}`,
    ...values,
  ]);
  return (JSON.parse(answer) as { data: T }).data;
}

/** Starts one on the node, which scrapes every node's agent each second. @returns what ends it */
async function startPrometheus(node: LabNode, targets: readonly string[]): Promise<() => Promise<void>> {
  await node.writeFile(`${HERE}/rules.yml`, await readFile(`${MONITORING}/certbot-ha.rules.yml`, 'utf8'));
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [`${HERE}/rules.yml`],
    scrape_configs: [{ job_name: 'certbot-ha', static_configs: [{ targets }] }],
  };
  await node.writeFile(`${HERE}/prometheus.yml`, JSON.stringify(config));
  const ending = new AbortController();
  const options = [`--config.file=${HERE}/prometheus.yml`, `--storage.tsdb.path=${HERE}/data`];
  const running = node.run(['prometheus', ...options, '--web.listen-address=127.0.0.1:9090'], {
    ...{ signal: ending.signal, timeoutMs: 300_000 },
  });
  return async () => {
    ending.abort();
    await running;
    await node.run(['rm', '-rf', HERE]);
  };
}

test('a Prometheus gets data for every query of the dashboard, and evaluates every alert rule', async ({
  scene,
  skip,
}) => {
  scene.needsHosts('addresses of their own');
  const [web1, , web3] = scene.nodes;
  if ((await web1.run(['which', 'prometheus'])).code !== 0) skip('this root has no Prometheus');
  await scene.issueEverywhere(web1, scene.name('scraped'));
  const nodes = scene.nodes.map(({ name, address }) => [name, { adminListen: `${address}:${ADMIN_PORT}` }]);
  scene.undo(async () => await scene.lab.configure(null));
  await scene.lab.configure(scene.lab.defaultConfig({ nodes: Object.fromEntries(nodes) as object }));
  await web3.check(['certbot-ha', 'drill']);
  scene.undo(
    await startPrometheus(
      web1,
      scene.nodes.map(({ address }) => `${address}:${ADMIN_PORT}`),
    ),
  );

  const results = async (expr: string) =>
    (await ask<{ result: readonly { readonly metric: object }[] }>(web1, 'query', { query: expr })).result;
  const seen = async () => (await results('certbot_ha_survey_timestamp_seconds').catch(() => [])).length;
  await eventually(seen, {
    until: (count) => count === 3,
    timeoutMs: 60_000,
    everyMs: 500,
    what: 'three scrapes',
  });

  const { panels } = JSON.parse(await readFile(`${MONITORING}/grafana.json`, 'utf8')) as Dashboard;
  const queries = panels.flatMap(({ title, description = '', targets }) =>
    targets.map(({ expr }) => ({
      title,
      mayBeEmpty: description.includes('Empty'),
      expr: expr.replaceAll('$job', 'certbot-ha'),
    })),
  );
  expect(queries.length).toBeGreaterThan(20);
  for (const { title, mayBeEmpty, expr } of queries) {
    const count = await eventually(async () => (await results(expr)).length, {
      until: (found) => found > 0 || mayBeEmpty,
      ...{ timeoutMs: 10_000, everyMs: 500, what: `data for ${title}: ${expr}` },
    });
    expect(count, title).toBeGreaterThanOrEqual(mayBeEmpty ? 0 : 1);
  }

  const { groups } = await ask<{
    groups: readonly { rules: readonly { name: string; health: string; lastError?: string }[] }[];
  }>(web1, 'rules');
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(10);
  expect(rules.filter(({ health, lastError }) => health === 'err' || lastError !== undefined)).toEqual([]);
  // Most rules wait for minutes until they fire: what would is pending before. The timer's first doctor is yet to come, and nothing else is.
  const yetToRun = (address: string) => `pending CertbotHaDoctorNotRun warning ${address}:${ADMIN_PORT}`;
  const wanted = scene.nodes.map(({ address }) => yetToRun(address)).toSorted();
  const alerts = async () =>
    (await results('ALERTS'))
      .map(({ metric }) => metric as Readonly<Record<string, string>>)
      .map(({ alertstate, alertname, severity, instance }) =>
        [alertstate, alertname, severity, instance].join(' '),
      )
      .toSorted();
  // A scrape that was late is pending for a moment.
  const alertsSeen = await eventually(alerts, {
    until: (found) => found.join() === wanted.join(),
    ...{ timeoutMs: 30_000, everyMs: 500, what: 'no alert but that of the doctor' },
  });
  expect(alertsSeen).toEqual(wanted);
});
