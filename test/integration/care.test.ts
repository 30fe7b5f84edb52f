import { describe } from 'vitest';
import { expect, test } from '../support/cluster/cluster.ts';
import { certbotHa, certbotHaIn } from '../support/cluster/command-line.ts';

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
    [['check', '-w'], /^UNKNOWN - option --w(?:arning)?: a value is missing \[usage\]$/],
    [['check', '-w', '14', '-c', 'x'], /^UNKNOWN - --critical: expected days such as 14, .*\[usage\]$/],
  ] as const)('tells a monitor that it knows nothing of %j', async ([args, first]) => {
    const { code, stdout, stderr } = await certbotHa(args);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout.split('\n')[0]).toMatch(first);
  });
});
