import { expect } from 'vitest';
import { accountIdOf } from '../../../lib/certbot/account.ts';
import { adoptedConf } from '../../../lib/certbot/adopted-conf.ts';
import { eachChange, isChange, partsOf } from '../../../lib/certbot/changes.ts';
import { accountDirectory } from '../../../lib/certbot/config-dir.ts';
import { composeConf, updateConf } from '../../../lib/certbot/renewal-conf.ts';
import { archiveIn, isText, readRenewalData, renewerOf } from '../../../lib/certbot/renewal-data.ts';
import { PARAMS, readSettings, settingLine } from '../../../lib/certbot/settings.ts';
import { deletionIn, idOfDeletion } from '../../../lib/lineage/deletion.ts';
import { parseManifest } from '../../../lib/lineage/manifest.ts';
import { isLineageName } from '../../../lib/lineage/schemas.ts';
import { expectedOf, expectWords } from '../strange/words.ts';
import { CONF } from '../strange/texts.ts';
import * as fc from 'fast-check';
import { near, nearJson } from './near.ts';
import { expectSame, type Parser } from './parser.ts';
import { ACCOUNT_ID, DELETION, MANIFEST, SAID } from './samples.ts';

const HOOKS = {
  ...{ auth: '/opt/ha/hooks/auth.js', cleanup: '/opt/ha/hooks/cleanup.js' },
  deploy: '/opt/ha/hooks/deploy.js',
};
const OWN = { configDir: '/etc/letsencrypt', lineage: 'a.test', hooks: HOOKS };
const RENEWAL = `# renew_before_expiry = 30 days
version = 5.5.0
archive_dir = /etc/letsencrypt/archive/a.test
cert = /etc/letsencrypt/live/a.test/cert.pem
[renewalparams]
account = ${ACCOUNT_ID}
server = https://ca.example.test/dir
authenticator = manual
pref_challs = http-01,
manual_auth_hook = "certbot-ha-auth"
manual_cleanup_hook = certbot-ha-cleanup
renew_hook = '''sh -c 'x'''' # a comment
key_type = ecdsa
preferred_chain = "ISRG Root X1"
[[webroot_map]]
a.test = /var/www
`;
const PARTS = [
  '"""',
  "'''",
  '[[',
  ']]',
  '[renewalparams]',
  'account = ',
  'server = https://',
  '# ',
  '%(account)s',
  '%(',
];
const commandsIn = (text: string) =>
  readSettings(text).filter(({ section, key }) => section === PARAMS && /hook/.test(key));

/** Names, tokens, manifests, renewal configurations and accounts that travel between nodes. */
export const LINEAGES: readonly Parser[] = [
  {
    what: 'a manifest',
    share: 40,
    input: nearJson([MANIFEST, DELETION], SAID),
    holds: (text) => {
      const read = expectedOf(() => parseManifest(text));
      if (read === null) return;
      expect(isLineageName(read.lineage)).toBe(true);
      expectSame(parseManifest(JSON.stringify(read)), read);
      if ('deleted' in read) expect(idOfDeletion(deletionIn(read))).toMatch(/^[0-9a-f]{64}$/);
    },
  },
  {
    what: 'a renewal configuration',
    share: 60,
    input: fc.oneof(near([RENEWAL], PARTS), CONF),
    holds: (text) => {
      expect([null, 'string']).toContain(archiveIn(text) === null ? null : 'string');
      const changed = adoptedConf(text, { hooks: HOOKS, without: ['webroot_path'] });
      const again = adoptedConf(changed.text, { hooks: HOOKS, without: ['webroot_path'] });
      // A text without the section is none that certbot has written.
      if (readSettings(text).some(({ section }) => section === PARAMS)) expect(again.text).toBe(changed.text);
      const data = readRenewalData(text);
      if ('problems' in data) return expectWords(...data.problems);
      expect(accountDirectory('/le', data)).toMatch(/^\/le\/accounts\/[^/]+(?:\/.+)?\/[0-9a-f]{32}$/);
      const composed = composeConf(data, OWN);
      expect(readRenewalData(composed)).toEqual(data);
      expect(commandsIn(composed).map(({ value }) => value)).toEqual(Object.values(HOOKS));
      if (!renewerOf(text).isOurs) return;
      const before = new Set([...commandsIn(text).map(({ value }) => value), ...Object.values(HOOKS)]);
      for (const { value } of commandsIn(updateConf(text, data, OWN))) expect(before).toContain(value);
    },
  },
  {
    what: 'a value that is written into a configuration',
    input: near(['ISRG Root X1', 'a "b" c', "it's", 'tlsserver'], ['"', "'", '#', ',', '%(']),
    holds: (text) => {
      if (isText(text))
        expect(readSettings(settingLine('key', text))).toMatchObject([{ key: 'key', value: text }]);
    },
  },
  {
    what: "an account's key",
    share: 10,
    input: nearJson([
      { kty: 'RSA', n: 'u1W-mN0jJ1', e: 'AQAB' },
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    ]),
    holds: (text) => expect(accountIdOf(text) ?? ACCOUNT_ID).toMatch(/^[0-9a-f]{32}$/),
  },
  {
    what: 'a change that is accepted',
    share: 10,
    input: near(
      ['server=https://ca.test/dir', 'without=a.test,b.test', 'reuse_key=true'],
      ['=', ',', 'without='],
    ),
    holds: (text) => {
      if (!isChange(text)) return;
      const { key, value } = partsOf(text) ?? { key: '', value: '' };
      expect(`${key}=${value}`).toBe(text);
      expect(eachChange(text).every((one) => partsOf(one) !== null)).toBe(true);
    },
  },
];
