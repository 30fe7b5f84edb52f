import { expect } from 'vitest';
import type { Lab, LabNode } from '../lab/lab.ts';
import { configure, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, expectSuccess, issue, leafOf, namesFor, renew } from '../support/e2e-issue.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test('a first certificate, then one that is served, then a web server that would not take it', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('a VIP on an interface');
  await configure(lab, undo, { gate: { timeout: 5 } });
  const [web1, web2] = await threeNodes(lab);
  const [name = ''] = namesFor('deployed');
  const first = await issue(lab, web1, [name], { deployHook: 'certbot-ha-deploy' });
  expectSuccess(first);
  expect(first.stdout).toContain('not in use yet');
  const { letsencrypt, nginxConfDir } = web1.paths;
  expect(first.stdout).toContain(`ssl_certificate ${letsencrypt}/live/${name}/fullchain.pem;`);

  const file = `${nginxConfDir}/deployed.conf`;
  undo(async () => {
    await web1.check(['rm', '-f', file]);
    await web1.reloadNginx();
  });
  await web1.writeFile(file, secureSite(lab, web1, name));
  await web1.reloadNginx();
  const second = await renew(lab, web1, { name, hooks: 1 });
  expectSuccess(second);
  expect(second.stdout).toContain(`web1 ${web1.address}: served (`);
  expect(second.stdout).toContain(`vip ${lab.vips[0]}: served (`);
  expect(await servedOn(web2, lab, name)).toContain((await leafOf(web1, name)).serialNumber);

  await web1.writeFile(file, 'this is no configuration;\n');
  const third = await renew(lab, web1, { name, hooks: 1 });
  expect(complaintsIn(third)).toContain('the web server has not been reloaded');
  expect(complaintsIn(third)).toContain(`unknown directive "this" in ${file}:1`);
  expect(await servedOn(web2, lab, name)).not.toContain((await leafOf(web1, name)).serialNumber);
});

/** What another node sees on the VIP: the serial number of the certificate. */
async function servedOn(from: LabNode, lab: Lab, name: string): Promise<string> {
  const connect = `openssl s_client -connect ${lab.vips[0]}:${lab.ports.https} -servername ${name} </dev/null`;
  return await from.check(['sh', '-c', `${connect} 2>/dev/null | openssl x509 -noout -serial`]);
}

function secureSite(lab: Lab, node: LabNode, name: string): string {
  const listen = lab.kind === 'booted' ? '443' : `${node.address}:${lab.ports.https}`;
  const live = `${node.paths.letsencrypt}/live/${name}`;
  return `server {
    listen ${listen} ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${live}/privkey.pem;
    return 200 "deployed\\n";
}
`;
}
