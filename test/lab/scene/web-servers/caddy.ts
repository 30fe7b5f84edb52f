import type { Files, OtherServer } from './kind.ts';

export const CADDY: OtherServer = {
  kind: 'caddy',
  unit: 'caddy',
  file: '/etc/caddy/Caddyfile',
  config: (other, name, lineage) =>
    [
      '{\n    auto_https off\n    default_sni other.example.org\n}',
      site('other.example.org', other),
      lineage ? site(name, lineage) : '',
    ].join('\n'),
  broken: 'http://broken.example.org {\n    no_directive\n}\n',
  refusal: 'unrecognized directive: no_directive',
  pinned: ({ key }) => ({ files: { key } }),
  pinnedRefusal: 'private key does not match public key',
  advice: 'tls LIVE/fullchain.pem LIVE/privkey.pem',
};

function site(name: string, { chain, key }: Files): string {
  return `https://${name} {\n    tls ${chain} ${key}\n    respond "served"\n}\n`;
}
