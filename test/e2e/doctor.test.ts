// @module-tag long
import { expect, test } from '../lab/scene/scene.ts';

test('doctor names what is broken in its first line, and with what to type', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, web2, web3] = scene.nodes;
  await web1.check(['systemctl', 'start', 'certbot.timer']);
  scene.undo(async () => await web1.check(['systemctl', 'stop', 'certbot.timer']));
  await scene.issueEverywhere(web1, scene.name('doctored'));
  const doctor = async (...options: readonly string[]) => {
    const { code, stdout } = await web1.run(['certbot-ha', 'doctor', ...options]);
    const [first = '', next = ''] = stdout.split('\n');
    return { code, first, next: next.trim(), stdout };
  };
  const well = await doctor();
  expect(well.stdout).not.toMatch(/^FAIL/m);
  expect(well.code).toBe(0);

  const start = await scene.stop(web2, 'agent');
  expect(await doctor('--no-drill')).toMatchObject({
    code: 1,
    first: expect.stringMatching(/^FAIL {2}agents: web2 .*\[connection-refused\]$/),
    next: 'next: on web2: systemctl enable --now certbot-ha-agent',
  });
  await start();

  await scene.hideChallenges(web3);
  expect(await doctor()).toMatchObject({
    code: 1,
    first: expect.stringMatching(/^FAIL {2}challenges: web3 .*\[token-not-found\]$/),
  });

  const dropIn = '/etc/systemd/system/certbot.service.d/certbot-ha.conf';
  const tokens = `${web1.paths.webroot}/.well-known/acme-challenge`;
  const troubles: readonly (readonly [broken: string, fixed: string, first: RegExp])[] = [
    [
      'systemctl stop certbot.timer',
      'systemctl start certbot.timer',
      /^FAIL {2}renewal: .*\[nobody-renews\]$/,
    ],
    [
      `mv ${dropIn} /root/ && systemctl daemon-reload`,
      `mv /root/certbot-ha.conf ${dropIn} && systemctl daemon-reload`,
      /^FAIL {2}renewal: certbot\.service .*\[condition-missing\]$/,
    ],
    [
      'echo "0 1 * * * root certbot renew" >/etc/cron.d/own',
      'rm /etc/cron.d/own',
      /^FAIL {2}renewal: .*: certbot\.timer, \/etc\/cron\.d\/own \[several-renewers\]$/,
    ],
    [
      `echo authenticator = nginx >${web1.paths.letsencrypt}/cli.ini`,
      `rm ${web1.paths.letsencrypt}/cli.ini`,
      /^FAIL {2}cli\.ini: .*\[cli-ini-overrides\]$/,
    ],
    [
      `chown root: ${tokens}`,
      `chown certbot-ha: ${tokens}`,
      /^FAIL {2}webroot: this node: .*\[agent-refuses\]$/,
    ],
  ];
  for (const [broken, fixed, first] of troubles) {
    const fix = async () => await web1.run(['sh', '-c', fixed]);
    scene.undo(fix);
    await web1.check(['sh', '-c', broken]);
    expect(await doctor('--no-drill')).toMatchObject({ code: 1, first: expect.stringMatching(first) });
    await fix();
  }

  await scene.configure({ gate: { timeout: 7 } }, [web1]);
  expect(await doctor('--no-drill')).toMatchObject({
    code: 1,
    first: expect.stringMatching(/^FAIL {2}same configuration: web1 .*\[configuration-not-loaded\]$/),
    next: 'next: on web1: systemctl restart certbot-ha-agent',
    stdout: expect.stringMatching(/^FAIL {2}same configuration: web2 .*\[configuration-differs\]$/m),
  });
});
