// @module-tag slow
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startCli } from '../support/cluster/built.ts';
import { expect, test } from '../support/cluster/cluster.ts';
import { startImpostor } from '../support/cluster/impostor.ts';
import { createCa } from '../support/lineage/certificates.ts';

describe.concurrent(
  'a server in a peer’s place that has a certificate and not the key is sent nothing',
  () => {
    test.for([
      ['as it is', {}],
      ['that believes every certificate', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
      ['that trusts its CA', { NODE_EXTRA_CA_CERTS: 'CA' }],
      [
        'that trusts its CA and every certificate',
        { NODE_EXTRA_CA_CERTS: 'CA', NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      ],
      ['whose OpenSSL trusts its CA', { NODE_OPTIONS: '--use-openssl-ca', SSL_CERT_FILE: 'CA' }],
      ['that takes old protocols', { NODE_OPTIONS: '--tls-min-v1.0 --tls-max-v1.2' }],
      ['that names a proxy', { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1' }],
      ['that asks for a log of keys', { SSLKEYLOGFILE: 'LOG' }],
    ] as const)('from an environment %s', async ([, given], { cluster, directory }) => {
      const ca = await createCa(join(directory, 'ca'));
      await writeFile(join(directory, 'root.pem'), ca.root);
      const [web1, web2] = cluster.nodes;
      await cluster.configure({ gate: { timeout: 1, httpPort: cluster.httpPort } });
      const impostor = await startImpostor(await ca.issue([web2.address]), web2.address, cluster.agentPort);
      const places: Readonly<Record<string, string>> = {
        CA: join(directory, 'root.pem'),
        LOG: join(directory, 'keys.log'),
      };
      const env = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, places[value] ?? value]),
      );

      const { code, stdout, stderr } = await startCli({ ...cluster.envOf(web1), ...env }, [
        'drill',
        'a.example.test',
      ]).ended;
      const heard = impostor.heard();
      await impostor.close();

      expect(heard).toBe('');
      expect(code).toBe(1);
      expect(stdout + stderr).toContain('[key-mismatch]');
    });
  },
);
