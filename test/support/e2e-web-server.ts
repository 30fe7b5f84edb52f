import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { selfSigned } from '../lab/certificates.ts';
import type { Lab, LabHost, LabNode } from '../lab/lab.ts';
import type { Undo } from './e2e-test.ts';

/** What may have port 443 of a node while nginx has port 80. */
export type OtherServer = 'apache' | 'caddy' | 'haproxy';

/** Files of a lineage, or of another site, as a web server wants them named. */
interface Files {
  readonly chain: string;
  readonly key: string;
  /** both in one file */
  readonly combined: string;
}

interface Server {
  readonly unit: string;
  readonly file: string;
  readonly config: (other: Files, name: string, lineage: Files | null) => string;
}

const OTHER: Files = {
  chain: '/etc/ssl/other.crt',
  key: '/etc/ssl/other.key',
  combined: '/etc/ssl/other.pem',
};

const SERVERS: Readonly<Record<OtherServer, Server>> = {
  apache: {
    unit: 'apache2',
    file: '/etc/apache2/sites-enabled/000-default.conf',
    config: (other, name, lineage) =>
      [virtualHost('other.example.org', other), lineage ? virtualHost(name, lineage) : ''].join('\n'),
  },
  caddy: {
    unit: 'caddy',
    file: '/etc/caddy/Caddyfile',
    config: (other, name, lineage) =>
      [
        '{\n    auto_https off\n    default_sni other.example.org\n}',
        caddySite('other.example.org', other),
        lineage ? caddySite(name, lineage) : '',
      ].join('\n'),
  },
  haproxy: {
    unit: 'haproxy',
    file: '/etc/haproxy/haproxy.cfg',
    config: (other, _name, lineage) => `global
    user haproxy
    group haproxy

defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s

frontend secure
    bind :443 ssl crt ${other.combined}${lineage ? ` crt ${lineage.combined}` : ''}
    http-request return status 200 content-type text/plain string "served"
`,
  },
};

function virtualHost(name: string, { chain, key }: Files): string {
  return `<VirtualHost *:443>
    ServerName ${name}
    SSLEngine on
    SSLCertificateFile ${chain}
    SSLCertificateKeyFile ${key}
</VirtualHost>
`;
}

function caddySite(name: string, { chain, key }: Files): string {
  return `https://${name} {\n    tls ${chain} ${key}\n    respond "served"\n}\n`;
}

/** Starts it on every node for a test, with a site of another name. */
export async function startServers(lab: Lab, kind: OtherServer, undo: Undo): Promise<void> {
  const pair = await selfSigned(['DNS:other.example.org']);
  const { unit } = SERVERS[kind];
  undo(async () => {
    await Promise.all(lab.nodes.map(async (node) => await node.check(['systemctl', 'stop', unit])));
  });
  await Promise.all(
    lab.nodes.map(async (node) => {
      await node.writeFile(OTHER.chain, pair.certificate);
      // Caddy reads keys as its own user.
      await node.writeFile(OTHER.key, pair.key, { mode: 0o640, owner: 'root:caddy' });
      await node.writeFile(OTHER.combined, pair.certificate + pair.key, { mode: 0o600 });
      if (kind === 'apache') {
        await node.check(['a2enmod', '--quiet', 'ssl']);
        await node.writeFile('/etc/apache2/ports.conf', 'Listen 443\n');
      }
      await put(node, kind, '', null);
      await node.check(['systemctl', 'start', unit]);
    }),
  );
}

/** Adds a site for the lineage on every node, as the operator does after the first certificate. */
export async function useLineage(lab: Lab, kind: OtherServer, name: string): Promise<void> {
  await Promise.all(
    lab.nodes.map(async (node) => {
      const live = `${node.paths.letsencrypt}/live/${name}`;
      const files = {
        chain: `${live}/fullchain.pem`,
        key: `${live}/privkey.pem`,
        combined: `${live}/haproxy.pem`,
      };
      await put(node, kind, name, files);
      await node.check(['systemctl', 'reload', SERVERS[kind].unit]);
    }),
  );
}

async function put(node: LabNode, kind: OtherServer, name: string, lineage: Files | null): Promise<void> {
  const { file, config } = SERVERS[kind];
  await node.check(['rm', '-f', file]);
  await node.writeFile(file, config(OTHER, name, lineage));
}

const BROKEN: Readonly<Record<OtherServer, string>> = {
  apache: 'NoDirective\n',
  caddy: 'http://broken.example.org {\n    no_directive\n}\n',
  haproxy: '    no-keyword\n',
};

/** Adds what it cannot read its configuration with. Gives what mends it before the test is over. */
export async function breakServer(
  node: LabNode,
  kind: OtherServer,
  undo: Undo,
): Promise<() => Promise<void>> {
  const { file } = SERVERS[kind];
  const before = await node.readFile(file);
  const mend = async () => await node.writeFile(file, before);
  undo(mend);
  await node.writeFile(file, before + BROKEN[kind]);
  return mend;
}

/** A site of nginx for the lineage on every node, for a test. */
export async function serveByNginx(
  lab: Lab,
  name: string,
  undo: Undo,
  nodes: readonly LabNode[] = lab.nodes,
): Promise<void> {
  const fileOn = (node: LabNode) => `${node.paths.nginxConfDir}/${name}.conf`;
  undo(async () => {
    await Promise.all(
      nodes.map(async (node) => {
        await node.check(['rm', '-f', fileOn(node)]);
        await node.reloadNginx();
      }),
    );
  });
  await Promise.all(
    nodes.map(async (node) => {
      const live = `${node.paths.letsencrypt}/live/${name}`;
      const site = `server {
    listen 443 ssl;
    server_name ${name};
    ssl_certificate ${live}/fullchain.pem;
    ssl_certificate_key ${live}/privkey.pem;
    return 200 "served\\n";
}
`;
      await node.writeFile(fileOn(node), site);
      await node.reloadNginx();
    }),
  );
}

/** The serial number of the certificate that is served for a name, as the host sees it. */
export async function servedSerial(from: LabHost, address: string, name: string): Promise<string> {
  const script = 'openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | openssl x509';
  const argv = ['sh', '-c', script, 'look', `${address}:443`, name];
  return new X509Certificate(await from.check(argv)).serialNumber;
}

/** Every node and every VIP serves it, seen from a host that is none of them. */
export async function expectServed(lab: Lab, name: string, { serialNumber }: X509Certificate): Promise<void> {
  const addresses = [...lab.nodes.map(({ address }) => address), ...lab.vips];
  const served = await Promise.all(
    addresses.map(async (address) => [address, await servedSerial(lab.ca, address, name)] as const),
  );
  expect(served).toEqual(addresses.map((address) => [address, serialNumber]));
}
