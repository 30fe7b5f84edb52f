import { join } from 'node:path';
import { eventually, expect, test } from '../lab/scene/scene.ts';
import { UNIT } from '../lab/scene/installer.ts';
import { show } from '../lab/scene/units.ts';

test('a bundle that is staged starts the installer, which installs it when it is activated', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('systemd');
  const [, web2] = scene.nodes;
  const name = scene.name('staged');
  const bundle = await forge.bundle(web2, name);
  let pid = '';
  await forge.place(web2, bundle, {
    beforeActivation: async () => {
      await eventually(async () => (await show(web2, UNIT, 'ActiveState')) === 'activating', {
        timeoutMs: 10_000,
        what: 'the installer to start',
      });
      pid = await show(web2, UNIT, 'ExecMainPID');
    },
  });
  expect(await forge.result(web2, bundle)).toMatchObject({ state: 'installed' });
  expect(await show(web2, UNIT, 'ExecMainPID')).toBe(pid);
  expect(await show(web2, UNIT, 'Result')).toBe('success');
  expect(await web2.readFile(join(web2.paths.letsencrypt, 'live', name, 'cert.pem'))).toBe(
    bundle.files['cert.pem'],
  );
});

test('without its path unit the installer takes at the next sync what was activated meanwhile', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('systemd');
  const [, web2] = scene.nodes;
  // One that a timer has begun would have looked before.
  await scene.holdTimers();
  const name = scene.name('no-path-unit');
  scene.undo(async () => {
    await web2.check(['systemctl', 'start', 'certbot-ha-installer.path']);
  });
  await web2.check(['systemctl', 'stop', 'certbot-ha-installer.path']);
  const bundle = await forge.bundle(web2, name);
  await forge.place(web2, bundle);
  // It exits 1 where a peer is out of date, which is not looked at here.
  await web2.run(['systemctl', 'start', 'certbot-ha-sync.service']);
  expect(await forge.result(web2, bundle)).toMatchObject({ state: 'installed' });
});

test('an installer that cannot take a bundle out of the inbox rests before it tries again, and then installs it', async ({
  scene,
  forge,
}) => {
  scene.needsHosts('systemd');
  const [, web2] = scene.nodes;
  const name = scene.name('resting');
  const journal = join(web2.paths.stateDir, 'journal');
  const fix = async () => {
    await web2.run(['sh', '-c', '[ ! -e "$1.away" ] || { rm "$1" && mv "$1.away" "$1"; }', 'fix', journal]);
  };
  scene.undo(fix);
  await web2.check(['sh', '-c', 'mv "$1" "$1.away" && touch "$1"', 'break', journal]);
  const bundle = await forge.bundle(web2, name);
  await forge.place(web2, bundle);
  await eventually(async () => (await show(web2, UNIT, 'SubState')) === 'stop-post', {
    timeoutMs: 10_000,
    what: 'the installer to rest',
  });
  await fix();
  expect(await forge.result(web2, bundle)).toMatchObject({ state: 'installed' });
});
