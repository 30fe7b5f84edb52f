import { expect } from 'vitest';
import { configOf, keyFileIn } from '../../../lib/cluster/config.ts';
import { isUrl } from '../../../lib/cluster/receivers.ts';
import { digestOf } from '../../../lib/cluster/digest.ts';
import { expectedOf } from '../strange/words.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';

const CONFIG = `nodes:
  web1: 192.0.2.1
  web2: { address: "2001:db8::2", drained: true, httpPort: 8080 }
vips: [192.0.2.10]
gate: { timeout: 60, require: available }
agent: { keyFile: /etc/certbot-ha/cluster.key, adminListen: "127.0.0.1:9481" }
certificates: &a
  mode: shared
  issuer: vip
notify: [mail: root]\n`;

/** What an operator has written, or been sent. */
export const CONFIGURATION: readonly Parser[] = [
  {
    what: 'a configuration of a cluster',
    share: 40,
    input: near(
      [CONFIG],
      [
        '&a ',
        '*a',
        '<<: *a',
        '!!js/function',
        '? ',
        '- ',
        ': ',
        '|',
        '>',
        '{{',
        '[[',
        '---',
        '!!binary ',
        'nodes',
        '\n  ',
      ],
    ),
    holds: (text) => {
      const config = expectedOf(() => configOf('/etc/certbot-ha/config.yaml', text));
      expect(expectedOf(() => keyFileIn('/etc/certbot-ha/config.yaml', text)) ?? '/').toMatch(/^\//);
      if (config === null) return;
      expect(digestOf(config)).toMatch(/^[0-9a-f]{16}$/);
      for (const { name } of config.nodes) expect(name).toMatch(/^[A-Za-z0-9][\w.-]{0,62}$/);
    },
  },
  {
    what: 'a URL in a file',
    share: 10,
    input: near(
      ['https://hooks.example.test/services/T0/B0/x?y=z#w', 'http://user:secret@192.0.2.1:8080/'],
      ['@', ':', '://'],
    ),
    holds: (text) => {
      if (isUrl(text)) expect(['http:', 'https:']).toContain(new URL(text).protocol);
    },
  },
];
