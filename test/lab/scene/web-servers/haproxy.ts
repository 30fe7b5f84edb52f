import type { OtherServer } from './kind.ts';

export const HAPROXY: OtherServer = {
  kind: 'haproxy',
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
  broken: '    no-keyword\n',
  refusal: "unknown keyword 'no-keyword' in 'frontend' section",
  pinned: ({ combined }) => ({ files: { combined } }),
  pinnedRefusal: 'inconsistencies between private key and certificate',
  advice: 'bind :443 ssl crt LIVE/haproxy.pem',
};
