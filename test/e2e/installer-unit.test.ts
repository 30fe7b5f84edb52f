import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import type { LabNode } from '../lab/lab.ts';
import { firstBundle, placeBundle, resultOn, testWithAuthority } from '../support/e2e-bundle.ts';
import { threeNodes } from '../support/e2e-cluster.ts';
import { namesFor } from '../support/e2e-issue.ts';

const test = testWithAuthority();
const UNIT = 'certbot-ha-installer.service';

async function show(node: LabNode, property: string): Promise<string> {
  return (await node.check(['systemctl', 'show', '--value', '--property', property, UNIT])).trim();
}

test('a bundle that is staged starts the installer, which installs it when it is activated', async ({
  lab,
  authority,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [, web2] = await threeNodes(lab);
  const [name = ''] = namesFor('staged');
  const bundle = await firstBundle(authority, web2, name);
  let pid = '';
  await placeBundle(web2, bundle, {
    beforeActivation: async () => {
      await eventually(async () => (await show(web2, 'ActiveState')) === 'activating', {
        timeoutMs: 10_000,
        what: 'the installer to start',
      });
      pid = await show(web2, 'ExecMainPID');
    },
  });
  expect(await resultOn(web2, bundle)).toMatchObject({ state: 'installed' });
  expect(await show(web2, 'ExecMainPID')).toBe(pid);
  expect(await show(web2, 'Result')).toBe('success');
  expect(await web2.readFile(join(web2.paths.letsencrypt, 'live', name, 'cert.pem'))).toBe(
    bundle.files['cert.pem'],
  );
});

test('without its path unit the installer takes at the next sync what was activated meanwhile', async ({
  lab,
  authority,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [, web2] = await threeNodes(lab);
  const [name = ''] = namesFor('no-path-unit');
  undo(async () => {
    await web2.check(['systemctl', 'start', 'certbot-ha-installer.path']);
  });
  await web2.check(['systemctl', 'stop', 'certbot-ha-installer.path']);
  const bundle = await firstBundle(authority, web2, name);
  await placeBundle(web2, bundle);
  // It exits 1 where a peer is out of date, which is not looked at here.
  await web2.run(['systemctl', 'start', 'certbot-ha-sync.service']);
  expect(await resultOn(web2, bundle)).toMatchObject({ state: 'installed' });
});

test('an installer that cannot take a bundle out of the inbox rests before it tries again, and then installs it', async ({
  lab,
  authority,
  undo,
  needsHosts,
}) => {
  needsHosts('systemd');
  const [, web2] = await threeNodes(lab);
  const [name = ''] = namesFor('resting');
  const journal = join(web2.paths.stateDir, 'journal');
  const mend = async () => {
    await web2.run(['sh', '-c', '[ ! -e "$1.away" ] || { rm "$1" && mv "$1.away" "$1"; }', 'mend', journal]);
  };
  undo(mend);
  await web2.check(['sh', '-c', 'mv "$1" "$1.away" && touch "$1"', 'break', journal]);
  const bundle = await firstBundle(authority, web2, name);
  await placeBundle(web2, bundle);
  await eventually(async () => (await show(web2, 'SubState')) === 'stop-post', {
    timeoutMs: 10_000,
    what: 'the installer to rest',
  });
  await mend();
  expect(await resultOn(web2, bundle)).toMatchObject({ state: 'installed' });
});
