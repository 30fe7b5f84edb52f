import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { createCa } from '../../support/lineage/certificates.ts';
import { ACCOUNT_FILES, NAME } from '../../support/lineage/bundle.ts';
import { ACCOUNT, OWN_HOOKS, renewalConf } from '../../support/lineage/renewal-conf.ts';
import { writeLineage } from '../../support/lineage/tree.ts';
import type { Vm } from './machine.ts';

const CONFIG_DIR = '/etc/letsencrypt';

/** The lineage that `putLineage` writes. */
export { NAME } from '../../support/lineage/bundle.ts';

/** A lineage and its account on a machine, as certbot leaves them. */
export async function putLineage(vm: Vm): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-vm-'));
  try {
    const issued = await (await createCa(join(directory, 'ca'))).issue([NAME]);
    const root = join(directory, 'letsencrypt');
    await writeLineage(root, NAME, [issued]);
    await mkdir(join(root, 'renewal'));
    const conf = renewalConf({ configDir: CONFIG_DIR, lineage: NAME, params: OWN_HOOKS });
    await writeFile(join(root, 'renewal', `${NAME}.conf`), conf);
    const account = join(root, 'accounts/ca.example.test:14000/dir', ACCOUNT);
    await mkdir(account, { recursive: true, mode: 0o700 });
    for (const [path, content] of Object.entries(ACCOUNT_FILES))
      await writeFile(join(account, path.replace('account/', '')), content, { mode: 0o400 });
    const argv = ['-C', root, '-c', '-z', '--owner=root', '--group=root', '.'];
    const { stdout } = await promisify(execFile)('tar', argv, { encoding: 'buffer' });
    await vm.check(
      `rm -rf ${CONFIG_DIR}; mkdir -p ${CONFIG_DIR}; base64 -d <<<'${stdout.toString('base64')}' | tar -xz -C ${CONFIG_DIR}`,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A look at what is installed: a digest of the certificate, and the key's mode. */
export async function installed(vm: Vm): Promise<string> {
  const live = `${CONFIG_DIR}/live/${NAME}`;
  return await vm.check(`cd ${live} && sha256sum <fullchain.pem && stat -L -c '%a %U' privkey.pem`);
}
