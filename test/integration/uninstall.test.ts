import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certbotHa } from '../support/cluster/command-line.ts';
import { expect, test } from '../support/temporary.ts';

const rule = (port: number) =>
  `rule family="ipv4" source address="192.0.2.12" port port="${port}" protocol="tcp" accept`;

test('rules of firewalld are told by the port of this node, which may not be that of the others', async ({
  directory,
}) => {
  const config = join(directory, 'config.yaml');
  const bin = join(directory, 'bin');
  const firewalld = join(bin, 'firewall-cmd');
  await mkdir(bin);
  await writeFile(
    config,
    'self: web1\nnodes:\n  web1: { address: 192.0.2.11, agentPort: 9481 }\n  web2: 192.0.2.12\n',
  );
  await writeFile(firewalld, `#!/bin/sh\ncat <<'END'\npublic\n\t${rule(9480)}\n\t${rule(9481)}\nEND\n`);
  await chmod(firewalld, 0o755);
  const { code, stdout } = await certbotHa(['--config', config, 'uninstall', '--dry-run'], {
    PATH: `${bin}:${process.env['PATH']}`,
  });
  expect(code).toBe(0);
  expect(stdout.match(/--zone=public '--remove-rich-rule=.*/g)).toEqual([
    `--zone=public '--remove-rich-rule=${rule(9481)}'`,
    `--zone=public '--remove-rich-rule=${rule(9481)}'`,
  ]);
});
