import { join } from 'node:path';
import type { Stage } from './stage.ts';

/** Does on every node what the deploy hook has advised. */
export async function useCertificate({ lab, screen, names }: Stage): Promise<void> {
  await Promise.all(
    lab.nodes.map(async (node) => {
      const lineage = join(node.paths.letsencrypt, 'live', names[0]);
      const config = [
        'server {',
        `    listen ${lab.ports.https} ssl;`,
        `    server_name ${names.join(' ')};`,
        `    ssl_certificate ${join(lineage, 'fullchain.pem')};`,
        `    ssl_certificate_key ${join(lineage, 'privkey.pem')};`,
        '}',
      ];
      await node.writeFile(join(node.paths.nginxConfDir, 'tls.conf'), `${config.join('\n')}\n`);
      await node.reloadNginx();
    }),
  );
  screen.event(
    'all',
    'nginx gets ssl_certificate and ssl_certificate_key, as the hook said, and is reloaded',
  );
}
