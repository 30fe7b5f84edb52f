import { expect, test } from '../lab/scene/scene.ts';

test('another cluster key on one node is named as such', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 2 } });
  const [web1, , web3] = scene.nodes;
  scene.undo(async () => await scene.lab.newClusterKey());
  await scene.lab.newClusterKey([web3]);
  const names = scene.name('wrong-key');
  const result = await scene.tryIssue(web1, names);
  await scene.expectCertificate(web1, names);
  const { complaints } = result;
  expect(complaints).toContain(
    `web3 ${web3.address}: agent port ${scene.lab.ports.agent}: the TLS handshake failed: is the cluster key the same there`,
  );
  expect(complaints).toMatch(/web3 .*; seen there: 404 from nginx/);
  expect(await web3.tokens()).toEqual([]);
  await scene.lab.newClusterKey();
  await scene.issue(web1, scene.name('right-key'));
});

test('a peer whose nginx has no acme-challenge location is named as such', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 2 } });
  const [web1, , web3] = scene.nodes;
  await scene.hideChallenges(web3);
  const names = scene.names('no-location', 3);
  const result = await scene.tryIssue(web1, names);
  await scene.expectCertificate(web1, names);
  const { complaints } = result;
  expect(complaints).toContain(`web3 ${web3.address}: 404 from nginx/`);
  expect(complaints).toContain(': is the acme-challenge location in its configuration? (');
  expect(complaints).toContain('and 2 more, ');
  expect(complaints).toContain('3 of 4 targets serve them');
});

test('a holder whose nginx has no acme-challenge location fails the VIP as well', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 2 } });
  const [web1, web2] = scene.nodes;
  await scene.hideChallenges(web1);
  const result = await scene.tryIssue(web2, scene.name('no-location-on-holder'));
  expect(result.code).toBe(1);
  const { complaints } = result;
  expect(complaints).toContain('2 of 4 targets serve them');
  expect(complaints).toMatch(new RegExp(`vip ${scene.vip}: 404 from nginx.*acme-challenge location`));
});

test('a redirect to another port is refused with its number, as the CA would', async ({ scene }) => {
  await scene.configure({ gate: { timeout: 2 } });
  const [web1, , web3] = scene.nodes;
  await scene.serveInstead(web3, 'return 301 http://$host:8081$request_uri;');
  const result = await scene.tryIssue(web1, scene.name('redirect-elsewhere'));
  expect(result.complaints).toContain(
    `web3 ${web3.address}: redirects to port 8081: the CA follows to ports 80 and 443 only`,
  );
});

test('a redirect from http to https on every node is followed, by the gate and by the CA', async ({
  scene,
}) => {
  scene.needsHosts('ports 80 and 443');
  const [web1] = scene.nodes;
  const secure = `server {
    listen 443 ssl;
    server_name *.example.test;
    ssl_certificate /etc/ssl/other-site.crt;
    ssl_certificate_key /etc/ssl/other-site.key;
    location /.well-known/acme-challenge/ {
        root WEBROOT;
    }
}
`;
  const redirect = 'return 301 https://$host$request_uri;';
  for (const node of scene.nodes) await scene.serveInstead(node, redirect, secure);
  const said = await scene.issue(web1, scene.names('redirect-https', 2));
  expect(said).toContain('2 challenges: served by web1, web2, web3, vip');
});
