import { expect } from 'vitest';
import { configure, serveInstead, threeNodes } from '../support/e2e-cluster.ts';
import { complaintsIn, expectCertificate, issue, issued, namesFor } from '../support/e2e-issue.ts';
import { NO_CHALLENGES, site } from '../support/e2e-sites.ts';
import { testIn } from '../support/e2e-test.ts';

const test = testIn();

test('another cluster key on one node is named as such', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 2 } });
  const [web1, , web3] = await threeNodes(lab);
  undo(async () => await lab.newClusterKey());
  await lab.newClusterKey([web3]);
  const names = namesFor('wrong-key');
  const result = await issue(lab, web1, names);
  await expectCertificate(web1, names);
  const complaints = complaintsIn(result);
  expect(complaints).toContain(
    `web3 ${web3.address}: agent port ${lab.ports.agent}: the TLS handshake failed: is the cluster key the same there`,
  );
  expect(complaints).toMatch(/web3 .*; seen there: 404 from nginx/);
  expect(await web3.tokens()).toEqual([]);
  await lab.newClusterKey();
  await issued(lab, web1, namesFor('right-key'));
});

test('a peer whose nginx has no acme-challenge location is named as such', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 2 } });
  const [web1, , web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, NO_CHALLENGES);
  const names = namesFor('no-location', 3);
  const result = await issue(lab, web1, names);
  await expectCertificate(web1, names);
  const complaints = complaintsIn(result);
  expect(complaints).toContain(`web3 ${web3.address}: 404 from nginx/`);
  expect(complaints).toContain(': is the acme-challenge location in its configuration? (');
  expect(complaints).toContain('and 2 more, ');
  expect(complaints).toContain('3 of 4 targets serve them');
});

test('a holder whose nginx has no acme-challenge location fails the VIP as well', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 2 } });
  const [web1, web2] = await threeNodes(lab);
  await serveInstead(lab, web1, undo, NO_CHALLENGES);
  const result = await issue(lab, web2, namesFor('no-location-on-holder'));
  expect(result.code).toBe(1);
  const complaints = complaintsIn(result);
  expect(complaints).toContain('2 of 4 targets serve them');
  expect(complaints).toMatch(new RegExp(`vip ${lab.vips[0]}: 404 from nginx.*acme-challenge location`));
});

test('a redirect to another port is refused with its number, as the CA would', async ({ lab, undo }) => {
  await configure(lab, undo, { gate: { timeout: 2 } });
  const [web1, , web3] = await threeNodes(lab);
  await serveInstead(lab, web3, undo, site('return 301 http://$host:8081$request_uri;'));
  const result = await issue(lab, web1, namesFor('redirect-elsewhere'));
  expect(complaintsIn(result)).toContain(
    `web3 ${web3.address}: redirects to port 8081: the CA follows to ports 80 and 443 only`,
  );
});

test('a redirect from http to https on every node is followed, by the gate and by the CA', async ({
  lab,
  undo,
  needsHosts,
}) => {
  needsHosts('ports 80 and 443');
  const [web1] = await threeNodes(lab);
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
  const redirect = site('return 301 https://$host$request_uri;');
  for (const node of lab.nodes) await serveInstead(lab, node, undo, redirect + secure);
  const said = await issued(lab, web1, namesFor('redirect-https', 2));
  expect(said).toContain('2 challenges: served by web1, web2, web3, vip');
});
