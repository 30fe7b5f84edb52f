import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { expect, test } from '../support/cluster/cluster.ts';
import { certbotHa, certbotHaIn } from '../support/cluster/command-line.ts';

interface Document {
  readonly checks: readonly {
    readonly name: string;
    readonly result: string;
    readonly findings: readonly {
      readonly level: string;
      readonly who: string | null;
      readonly found: object;
    }[];
  }[];
}

describe.concurrent('check', () => {
  test('is a line with figures, further lines, and the exit code of a plugin', async ({ cluster }) => {
    await cluster.configure({ certificates: { configDir: cluster.directory } });
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['check']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const [first, ...more] = stdout.trimEnd().split('\n');
    expect(first).toMatch(
      /^WARNING - web1 127\.\S+: agent port \d+: connection refused: .* \[connection-refused\] \(and 2 more\); 0 lineages on 3 nodes \| 'lineages'=0;;;0 'nodes'=3;;;0 'nodes_in_trouble'=3;;;0;3 'outstanding'=0;;;0$/,
    );
    expect(more.map((line) => line.slice(0, 13))).toEqual([
      'WARNING: web1',
      'WARNING: web2',
      'WARNING: web3',
    ]);
  });

  test.for([
    [['check'], 'UNKNOWN - configuration /nowhere/default.yaml: no such file [configuration-missing]'],
    [
      ['--config', '/nowhere', 'check'],
      'UNKNOWN - configuration /nowhere: no such file [configuration-missing]',
    ],
    [['check', '--colour'], 'UNKNOWN - unknown option --colour [usage]'],
    [['check', '-w'], /^UNKNOWN - option -w: a value is missing \[usage\]$/],
    [['check', '-w', '14', '-c', 'x'], /^UNKNOWN - --critical: expected days such as 14, .*\[usage\]$/],
  ] as const)('tells a monitor that it knows nothing of %j', async ([args, first]) => {
    const { code, stdout, stderr } = await certbotHa(args);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout.split('\n')[0]).toMatch(first);
  });
});

describe.concurrent('doctor', () => {
  test('makes every check, and tells programs of them', async ({ cluster }) => {
    await mkdir(join(cluster.directory, 'letsencrypt'));
    const { code, stdout, stderr } = await certbotHaIn(cluster, ['doctor', '--json', '--no-drill']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { checks } = JSON.parse(stdout) as Document;
    const results = Object.fromEntries(checks.map(({ name, result }) => [name, result]));
    expect(results).toMatchObject({
      ...{ configuration: 'pass', 'cluster key': 'pass', agents: 'fail', webroot: 'pass' },
      ...{ challenges: 'skip', lineages: 'skip', outstanding: 'pass' },
    });
    const agents = checks.find(({ name }) => name === 'agents')?.findings ?? [];
    expect(agents.map(({ level, who }) => `${level} ${who?.split(' ')[0]}`)).toEqual([
      ...['fail web1', 'fail web2', 'fail web3'],
    ]);
    expect(agents[1]).toMatchObject({
      found: { code: 'connection-refused', message: expect.stringContaining('connection refused') },
      next: [
        { on: 'web2', note: null, command: 'systemctl enable --now certbot-ha-agent' },
        {
          ...{ on: 'web2', note: 'if it runs there' },
          command: `certbot-ha --config ${join(cluster.directory, 'config.yaml')} snippet firewall --write`,
        },
        { on: null, note: 'if web2 was never set up' },
      ],
    });
  });

  test('begins with the configuration where that is what is wrong', async () => {
    const { code, stdout, stderr } = await certbotHa(['doctor']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'FAIL  configuration: configuration /nowhere/default.yaml: no such file [configuration-missing]',
      '      to do: certbot-ha init makes it, or on another node certbot-ha init --join; --config FILE or CERTBOT_HA_CONFIG names another one',
      'SKIP  cluster key: without a configuration',
    ]);
    const quiet = await certbotHa(['doctor', '-q']);
    expect(quiet).toMatchObject({ code: 1, stderr: '' });
    expect(quiet.stdout.split('\n').slice(2)).toEqual(['']);
  });
});
