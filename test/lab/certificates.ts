import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCommand } from './command.ts';

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that vouches for itself, for these names (`DNS:…`, `IP:…`), made by openssl. */
export async function selfSigned(names: readonly string[]): Promise<KeyPair> {
  return inTemporaryDirectory(async (directory) => {
    const [certificate, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    await checkCommand(
      [
        ...['openssl', 'req', '-x509', '-nodes', '-days', '30', '-newkey', 'ec'],
        ...['-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', key, '-out', certificate],
        ...['-subj', '/CN=certbot-ha lab', '-addext', `subjectAltName=${names.join(',')}`],
      ],
      { timeoutMs: 20_000 },
    );
    return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
  });
}

export interface SshKeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

export async function sshKeyPair(comment: string): Promise<SshKeyPair> {
  return inTemporaryDirectory(async (directory) => {
    const file = join(directory, 'key');
    await checkCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file]);
    return {
      publicKey: (await readFile(`${file}.pub`, 'utf8')).trim(),
      privateKey: await readFile(file, 'utf8'),
    };
  });
}

async function inTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-lab-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
