import type { Files, OtherServer } from './kind.ts';

export const APACHE: OtherServer = {
  kind: 'apache',
  unit: 'apache2',
  file: '/etc/apache2/sites-enabled/000-default.conf',
  config: (other, name, lineage) =>
    [virtualHost('other.example.org', other), lineage ? virtualHost(name, lineage) : ''].join('\n'),
  broken: 'NoDirective\n',
  refusal: "Invalid command 'NoDirective'",
  // Its test looks at no key.
  pinned: ({ next }) => ({ more: `<IfFile ${next}>\nNoSuchDirective\n</IfFile>\n` }),
  pinnedRefusal: "Invalid command 'NoSuchDirective'",
  advice: 'SSLCertificateFile LIVE/fullchain.pem',
  async prepare(node) {
    await node.check(['a2enmod', '--quiet', 'ssl']);
    await node.writeFile('/etc/apache2/ports.conf', 'Listen 443\n');
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
