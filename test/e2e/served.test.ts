import { expect, test, type LabNode, type Scene } from '../lab/scene/scene.ts';

const SERVED = [{ port: 25, starttls: 'smtp' }, { port: 143, starttls: 'imap' }, { port: 993 }];

/** Postfix and Dovecot with a lineage, as docs/serving.md has it, until the test is over. */
async function startMailServers(scene: Scene, name: string): Promise<void> {
  const one = async (node: LabNode) => {
    const live = `${node.paths.letsencrypt}/live/${name}`;
    const postfix = [
      ...['smtpd_tls_security_level=may', `smtpd_tls_chain_files=${live}/privkey.pem, ${live}/fullchain.pem`],
      // There is no name server to ask for the client's name.
      ...['inet_interfaces=all', 'inet_protocols=ipv4', 'smtpd_peername_lookup=no', `myhostname=${name}`],
    ];
    await node.check(['postconf', '-e', ...postfix]);
    await node.writeFile(
      '/etc/dovecot/dovecot.conf',
      `protocols = imap
ssl = yes
ssl_cert = <${live}/fullchain.pem
ssl_key = <${live}/privkey.pem
passdb {
  driver = static
  args = password=none
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
`,
    );
    scene.undo(async () => await node.check(['systemctl', 'stop', 'postfix', 'dovecot']));
    await node.check(['systemctl', 'start', 'postfix', 'dovecot']);
  };
  await Promise.all(scene.nodes.map(one));
}

/** The serial number that an address shows on each of the ports, as openssl sees it. */
async function shownAt({ lab }: Scene, address: string): Promise<readonly string[]> {
  const ask = async ({ port, starttls }: { readonly port: number; readonly starttls?: string }) => {
    const script = `timeout 5 openssl s_client -connect "$0" $1 </dev/null 2>/dev/null | openssl x509 -noout -serial`;
    const how = starttls === undefined ? '' : `-starttls ${starttls}`;
    const { stdout } = await lab.ca.run(['sh', '-c', script, `${address}:${port}`, how]);
    return stdout.trim().toLowerCase().replace(/=0+/, '=');
  };
  return await Promise.all(SERVED.map(ask));
}

test('a mail server with STARTTLS: Postfix and Dovecot serve what is renewed, and are waited for', async ({
  scene,
}) => {
  scene.needsHosts('Postfix and Dovecot');
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('mail');
  const configure = async (served: readonly object[], reload: readonly (readonly string[])[]) =>
    await scene.configure({
      ...{ gate: { timeout: 10 } },
      certificates: {
        lineages: {
          [name]: {
            served,
            reload,
            test: [
              ['postfix', 'check'],
              ['doveconf', '-n'],
            ],
          },
        },
      },
    });
  // Nothing can be configured for it yet: installed is enough.
  await configure([], []);
  const first = await scene.issue(web1, name, { deploys: true });
  expect(first).toContain(`web2 ${web2.address}: not probed: by certificates.lineages`);
  await startMailServers(scene, name);

  await configure(SERVED, [
    ['systemctl', 'reload', 'postfix'],
    ['systemctl', 'reload', 'dovecot'],
  ]);
  await scene.renew(web1, name);

  const serial = await scene.serial(web1, name);
  const shown = `serial=${serial}`;
  for (const address of [...scene.nodes.map((node) => node.address), scene.vip])
    expect(await shownAt(scene, address)).toEqual([shown, shown, shown]);

  await web3.check(['systemctl', 'stop', 'dovecot']);
  const { code, stderr } = await web1.run(['certbot-ha', 'deploy', name]);
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/web3 [\d.]+: outstanding: .*did not reload/),
  });
  const { stdout } = await web1.run(['certbot-ha', 'status']);
  expect(stdout).toMatch(/ web3 +[\d.]+ +newest +nothing /);
  await web3.check(['systemctl', 'start', 'dovecot']);
  await web1.check(['certbot-ha', 'sync']);
  await scene.nothingOutstanding(web1);
});

/** nginx listens on the VIP alone, and runs on its holder alone, until the test is over. */
async function standBy(scene: Scene, holder: LabNode): Promise<void> {
  const one = async (node: LabNode) => {
    const { nginxConfDir } = node.paths;
    scene.undo(async () => {
      await node.check(['sh', '-c', `cd ${nginxConfDir} && for f in *.all; do mv "$f" "\${f%.all}"; done`]);
      await node.check(['systemctl', 'restart', 'nginx']);
    });
    const listen = `s/listen (${scene.vip}:)?(80|443)/listen ${scene.vip}:\\2/; /listen \\[/d`;
    await node.check(['sh', '-c', `cd ${nginxConfDir} && sed -E -i.all '${listen}' *.conf`]);
    await node.check(['systemctl', node === holder ? 'restart' : 'stop', 'nginx']);
  };
  await Promise.all(scene.nodes.map(one));
}

test('hot standby: nginx listens on the VIP, on its holder alone; whoever takes over serves the newest', async ({
  scene,
}) => {
  scene.needsHosts('systemd');
  const [web1, web2, web3] = scene.nodes;
  const name = scene.name('standby');
  await scene.configure({ gate: { timeout: 10 }, webServer: { runsOn: 'holder' } });
  await standBy(scene, web1);
  await scene.issue(web1, name, { deploys: true });
  for (const node of scene.nodes) {
    const live = `${node.paths.letsencrypt}/live/${name}`;
    const site = `server {
    listen ${scene.vip}:443 ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${live}/privkey.pem;
}
`;
    const file = `${node.paths.nginxConfDir}/standby.conf`;
    scene.undo(async () => await node.check(['rm', '-f', file]));
    await node.writeFile(file, site);
  }
  await web1.check(['systemctl', 'reload', 'nginx']);

  const said = await scene.renew(web1, name);
  expect(said).toContain(`web3 ${web3.address}: not probed: runsOn is holder`);
  const second = await scene.serial(web1, name);
  const byVip = (serial: string) => ({ web1: null, web2: null, web3: null, vip: serial });
  expect(await scene.served(name)).toEqual(byVip(second));
  await scene.nothingOutstanding(web1);

  await scene.moveVip(web2);
  await web1.check(['systemctl', 'stop', 'nginx']);
  await web2.check(['systemctl', 'start', 'nginx']);
  expect(await scene.served(name)).toEqual(byVip(second));
  expect(await web2.run(['certbot-ha', 'status', '--check'])).toMatchObject({ code: 0, stdout: '' });

  await scene.renew(web2, name);
  const third = await scene.serial(web2, name);
  expect(third).not.toBe(second);
  expect(await scene.served(name)).toEqual(byVip(third));
  expect(await web2.run(['certbot-ha', 'drill', name])).toMatchObject({ code: 0 });
  await scene.nothingOutstanding(web2);
  // What was stopped was not started by a reload.
  expect((await web3.run(['systemctl', 'is-active', 'nginx'])).stdout).toBe('inactive\n');
});
