import { join } from 'node:path';
import { eventually, expect, test } from '../lab/scene/scene.ts';
import { entriesWith, thumbprintsOf } from '../lab/scene/secrets.ts';
import { show } from '../lab/scene/units.ts';

const UNIT = 'certbot-ha-agent.service';

test('the agent runs as certbot-ha, without capabilities', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1] = scene.nodes;
  const pid = await show(web1, UNIT, 'MainPID');
  expect((await web1.check(['ps', '-o', 'user:16=', '-p', pid])).trim()).toBe('certbot-ha');
  const status = await web1.readFile(`/proc/${pid}/status`);
  for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'])
    expect(status).toContain(`${set}:\t0000000000000000`);
  expect(status).toContain('NoNewPrivs:\t1');
});

test('systemd calls the agent started when it can be asked, and not before', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [web1, web2] = scene.nodes;
  scene.undo(async () => await web2.startService('agent'));
  for (let round = 0; round < 3; round += 1) {
    await web2.stopService('agent');
    await web2.check(['systemctl', 'start', UNIT]);
    expect(await show(web2, UNIT, 'ActiveState')).toBe('active');
    expect(await web1.check(['certbot-ha', 'status'])).toMatch(/^web2 .* reachable/m);
  }
});

test('an agent whose key others can read is never called started, and says why', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [, web2] = scene.nodes;
  scene.undo(async () => {
    await web2.check(['chmod', '0640', web2.paths.keyFile]);
    await web2.stopService('agent');
    await web2.startService('agent');
  });
  await web2.stopService('agent');
  await web2.check(['chmod', '0644', web2.paths.keyFile]);
  await expect(web2.startService('agent')).rejects.toThrow(/cluster\.key.*0?644.*0?640/);
  expect(await show(web2, UNIT, 'ActiveState')).not.toBe('active');
});

test('agent --check as root tells what its user cannot read', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [, web2] = scene.nodes;
  const check = async () => await web2.run(['certbot-ha', 'agent', '--check']);
  expect(await check()).toMatchObject({ code: 0, stderr: '' });
  scene.undo(async () => void (await web2.check(['chmod', '0640', web2.paths.keyFile])));
  await web2.check(['chmod', '0600', web2.paths.keyFile]);
  expect(await check()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('[key-file-unreadable]') as string,
  });
});

test('SIGTERM ends the agent in order', async ({ scene }) => {
  scene.needsHosts('systemd');
  const [, , web3] = scene.nodes;
  await scene.stop(web3, 'agent');
  expect(await show(web3, UNIT, 'Result')).toBe('success');
  expect(await show(web3, UNIT, 'ExecMainStatus')).toBe('0');
  expect(await show(web3, UNIT, 'NRestarts')).toBe('0');
  expect(await web3.check(['journalctl', '-u', UNIT, '-o', 'cat'])).toContain('"msg":"stopping"');
});

test("the agent's user can read no private key of certbot's", async ({ scene }) => {
  scene.needsHosts('users');
  const [web1] = scene.nodes;
  const name = scene.name('secret');
  await scene.issue(web1, name);
  const { letsencrypt } = web1.paths;
  for (const key of [`live/${name}/privkey.pem`, `archive/${name}/privkey1.pem`]) {
    await web1.check(['test', '-s', `${letsencrypt}/${key}`]);
    const { code, stderr } = await web1.run([
      'runuser',
      '-u',
      'certbot-ha',
      '--',
      'cat',
      `${letsencrypt}/${key}`,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('Permission denied');
  }
});

test('tokens older than agent.tokenTtl go away by themselves', async ({ scene }) => {
  const [, , web3] = scene.nodes;
  scene.undo(async () => await scene.lab.configure(null, { nodes: [web3] }));
  const token = 'an-old-token-that-nobody-cleaned-up-0123456';
  const directory = `${web3.paths.webroot}/.well-known/acme-challenge`;
  // Old when it comes: a young one is brought to the peers.
  const aside = `${web3.paths.webroot}/aside`;
  await web3.writeFile(aside, `${token}.${'k'.repeat(43)}`);
  await web3.check(['touch', '-d', '2 hours ago', aside]);
  await web3.check(['mv', aside, `${directory}/${token}`]);
  await scene.lab.configure(scene.lab.defaultConfig({ agent: { tokenTtl: 3600 } }), { nodes: [web3] });
  await eventually(async () => await web3.tokens(), {
    until: (tokens) => tokens.length === 0,
    ...{ timeoutMs: 10_000, what: 'the old token to go' },
  });
});

test('an agent that is gone is told of from within the unit of notify: by sendmail and by a command, from one node', async ({
  scene,
}) => {
  scene.needsHosts('systemd and Postfix');
  const [web1, web2, web3] = scene.nodes;
  const [told, maildrop] = ['/var/lib/told', '/var/spool/postfix/maildrop'];
  for (const node of [web1, web2])
    scene.undo(async () => {
      await node.run(['rm', '-f', told, `${node.paths.stateDir}/notified.json`]);
      await node.run(['find', maildrop, '-type', 'f', '-delete']);
    });
  await scene.configure({ notify: [{ mail: 'ops@example.test' }, { command: ['dd', `of=${told}`] }] });
  await scene.stop(web3, 'agent');
  for (const node of [web2, web1, web2, web1])
    await node.check(['systemctl', 'start', 'certbot-ha-notify.service']);

  const message = JSON.parse(await web1.readFile(told)) as { readonly new: readonly object[] };
  expect(message).toMatchObject({ event: 'news', node: web1.name });
  expect(message.new).toContainEqual(
    expect.objectContaining({ who: `${web3.name} ${web3.address}`, code: 'connection-refused' }),
  );
  const mail = await web1.check(['sh', '-c', `cat ${maildrop}/*`]);
  expect(mail).toContain('ops@example.test');
  expect(mail).toContain('[connection-refused]');
  expect((await web2.run(['test', '-e', told])).code).toBe(1);
});

test('what happens is in the log of every node, which the agent goes on with when it was put aside, and in the journal; doctor keeps what it finds', async ({
  scene,
}) => {
  scene.needsHosts('systemd and its journal');
  const [web1, web2] = scene.nodes;
  const [name, file] = [scene.name('events'), join(web2.paths.stateDir, 'events.jsonl')];
  await web2.check(['sh', '-c', `head -c 1100000 /dev/zero | tr '\\0' '\\n' >>${file}`]);
  await web2.check(['certbot-ha', 'sync']);
  expect(await web2.check(['stat', '-c', '%a %U %G', file, `${file}.1`])).toBe(
    '660 root certbot-ha\n660 root certbot-ha\n',
  );
  await scene.issueEverywhere(web1, name);

  const seen = await web2.check(['certbot-ha', 'events', '--json', '--since', '1h']);
  expect(seen).toMatch(/"program":"agent","event":"challenge-received"/);
  expect(seen).toMatch(
    new RegExp(`"program":"installer","event":"installation","lineage":"${name}","ms":\\d+,"outcome":"ok"`),
  );
  for (const [field, event] of [
    ['IDENTIFIER', 'batch'],
    ['LINEAGE', 'renewal'],
  ] as const) {
    const fields = [`CERTBOT_HA_EVENT=${event}`, `CERTBOT_HA_${field}=${name}`];
    const entry = await web1.check(['journalctl', '-t', 'certbot-ha', '-o', 'json', '-n', '1', ...fields]);
    expect(JSON.parse(entry)).toMatchObject({
      ...{ PRIORITY: '6', CERTBOT_HA_OUTCOME: 'ok', CERTBOT_HA_NODE: web1.name },
      MESSAGE: expect.stringMatching(/: ok$/) as string,
    });
  }

  // No key authorization is anywhere in it, neither of what was issued nor of what was looked up.
  const thumbprints = await thumbprintsOf(web1);
  expect(thumbprints.length).toBeGreaterThan(0);
  const token = 'looked-up-by-a-node-that-lacks-it-012345678';
  const path = `.well-known/acme-challenge/${token}`;
  const asked = `${token}.${thumbprints[0]}`;
  scene.undo(async () => await web2.run(['rm', '-f', `${web2.paths.webroot}/${path}`]));
  // What lies there before the agent starts, of its own user, it presents nowhere.
  await web2.check(['systemctl', 'stop', UNIT]);
  await web2.writeFile(`${web2.paths.webroot}/${path}`, asked);
  await web2.check(['chown', 'certbot-ha:', `${web2.paths.webroot}/${path}`]);
  await web2.check(['systemctl', 'start', UNIT]);
  expect(await web1.check(['curl', '-sS', '-m', '5', `http://127.0.0.1:9481/${path}`])).toBe(asked);
  const looked = async () => await web1.check(['certbot-ha', 'events', '--json', '-n', '5']);
  await eventually(looked, {
    until: (events) => events.includes('"event":"lookup"'),
    ...{ timeoutMs: 5_000, what: 'the look-up in the log of events' },
  });
  for (const node of scene.nodes) {
    const search = ['sh', '-c', 'cd "$0" && grep -hF -e "$1" events.jsonl*', node.paths.stateDir];
    for (const thumbprint of thumbprints)
      expect(await node.run([...search, thumbprint])).toMatchObject({ code: 1, stdout: '' });
    expect(await entriesWith(node, thumbprints)).toEqual([]);
  }

  const kept = join(web1.paths.stateDir, 'doctor.json');
  scene.undo(async () => await web1.run(['rm', '-f', kept]));
  await web1.check(['systemctl', 'start', 'certbot-ha-doctor.service']);
  const run = JSON.parse(await web1.readFile(kept)) as { readonly checks: Record<string, number> };
  expect(run).toMatchObject({ node: web1.name, complaints: expect.any(Array) as unknown[] });
  expect(run.checks['pass']).toBeGreaterThan(10);
  const drilled = await web1.check(['certbot-ha', 'events', '--json', '-n', '20']);
  expect(drilled).toMatch(/"program":"doctor","event":"drill",.*"outcome":"ok"/);
});
