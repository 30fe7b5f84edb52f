import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterNode } from '../../../../lib/cluster/config.ts';
import { deadline } from '../../../../lib/system/deadline.ts';
import { createLink } from '../../../../lib/transports/rsync/link.ts';
import { pathIs } from '../../../support/programs/getent.ts';
import { expect, test } from '../../../support/temporary.ts';

test.for([
  ['no configuration of people', null, '-F "none"'],
  ['the one that is configured', '/etc/certbot-ha/ssh config', '-F "/etc/certbot-ha/ssh config"'],
] as const)('ssh reads %s', async ([, sshConfig, option], { directory }) => {
  const said = join(directory, 'said');
  await writeFile(join(directory, 'rsync'), `#!/bin/sh\nprintf '%s\\n' "$@" >${said}\n`);
  await chmod(join(directory, 'rsync'), 0o755);
  pathIs(`${directory}:${process.env['PATH']}`);
  const peer = { name: 'web2', address: '192.0.2.2' } as ClusterNode;
  const link = createLink({ rsync: { user: 'u', identityFile: '/id', port: 22, sshConfig } }, '/id');
  const run = {
    ...{ place: { root: '/srv', below: '' }, argumentsFor: () => [], input: '', timeoutMs: 5_000 },
    isElsewhere: async () => false,
  };
  await link(peer, run, deadline(5_000));
  expect((await readFile(said, 'utf8')).split('\n')).toContainEqual(
    expect.stringContaining(`ssh ${option} -i "/id"`),
  );
});
