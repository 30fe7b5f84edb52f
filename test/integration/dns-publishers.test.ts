// @module-tag slow
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { describePublisher } from '../support/contracts/publisher.ts';
import { lackOfKnot, startKnotd } from '../support/dns/knotd.ts';
import { startLiveDns } from '../support/dns/livedns.ts';
import { lackOfNamed, startNamed, type DnsServer } from '../support/dns/named.ts';
import { makeTsigKey, type MadeKey } from '../support/dns/tsig-key.ts';
import { ZONES } from '../support/dns/zones.ts';

function byUpdates({ file, secret }: MadeKey, { port, resolver, values }: DnsServer) {
  const dns = { provider: 'rfc2136', keyFile: file, port, resolvers: [resolver] };
  return { dns, values, secrets: [secret] };
}

describe.skipIf(lackOfNamed !== null)('publishers', () => {
  describePublisher('rfc2136 at BIND', async (directory) => {
    const key = await makeTsigKey(directory);
    const server = await startNamed(join(directory, 'named'), {
      zones: ZONES,
      statements: key.statement,
      inZone: `update-policy { grant ${key.name} zonesub TXT; };`,
    });
    return { ...byUpdates(key, server), close: server.close };
  });

  describe.skipIf(lackOfKnot !== null)('at another server', () => {
    describePublisher('rfc2136 at Knot, by SHA-512', async (directory) => {
      const key = await makeTsigKey(directory, { algorithm: 'hmac-sha512' });
      const server = await startKnotd(join(directory, 'knot'), ZONES, key);
      return { ...byUpdates(key, server), close: server.close };
    });
  });

  describePublisher('gandi', async (directory) => {
    const named = await startNamed(join(directory, 'named'), { zones: ZONES });
    const shared = { '_acme-challenge.shared.example.test': ['of-another-client'] };
    const api = await startLiveDns(Object.keys(ZONES), shared);
    const tokenFile = join(directory, 'gandi.token');
    await writeFile(tokenFile, `${api.token}\n`, { mode: 0o600 });
    const dns = { provider: 'gandi', tokenFile, apiUrl: api.url, resolvers: [named.resolver] };
    const close = async () => void (await Promise.all([api.close(), named.close()]));
    return { dns, values: api.values, secrets: [api.token], close };
  });

  describePublisher('command, around nsupdate', async (directory) => {
    const key = await makeTsigKey(directory);
    const server = await startNamed(join(directory, 'named'), {
      zones: ZONES,
      statements: key.statement,
      inZone: `update-policy { grant ${key.name} zonesub TXT; };`,
    });
    const { address, port, resolver, values, close } = server;
    const program = join(directory, 'publish');
    await writeFile(
      program,
      `#!/bin/sh
while read -r name value zone asked; do
  case $CERTBOT_HA_DNS_ACTION in
    present) change="update add $name. 60 TXT $value" ;;
    cleanup) change="update delete $name. TXT $value" ;;
  esac
  printf '%s\\n' 'server ${address} ${port}' "$change" send | nsupdate -k ${key.file} || exit
done
`,
    );
    await chmod(program, 0o755);
    const dns = { provider: 'command', command: [program], resolvers: [resolver] };
    return { dns, values, secrets: [key.secret], close };
  });
});
