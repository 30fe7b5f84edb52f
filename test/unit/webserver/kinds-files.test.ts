import { describe, expect, it } from 'vitest';
import { configurationFor } from '../../../lib/webserver/kinds.ts';

const LIVE = '/etc/letsencrypt/live/a.test';

describe('configurationFor', () => {
  it.each([
    ['nginx', `ssl_certificate ${LIVE}/fullchain.pem;\nssl_certificate_key ${LIVE}/privkey.pem;`],
    ['apache', `SSLCertificateFile ${LIVE}/fullchain.pem\nSSLCertificateKeyFile ${LIVE}/privkey.pem`],
    ['caddy', `tls ${LIVE}/fullchain.pem ${LIVE}/privkey.pem`],
    ['haproxy', `bind :443 ssl crt ${LIVE}/haproxy.pem`],
    ['none', `certificate: ${LIVE}/fullchain.pem\nkey: ${LIVE}/privkey.pem`],
  ] as const)('%s', (kind, lines) => {
    expect(configurationFor(kind, LIVE).join('\n')).toBe(lines);
  });
});
