import { dirname, join } from 'node:path';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { DEFAULT_CONFIG_FILE, keyFileIn } from '../cluster/config.ts';
import { exists, textOf } from '../system/read-file.ts';

export const DEFAULT_KEY_FILE = besideIt(DEFAULT_CONFIG_FILE);

/**
 * Where the key of a new configuration is: where the one that it takes the place of has it, or else beside it.
 * @throws {CertbotHaError} `config` where the one that is there cannot be read, or names a place in a way that nobody can read
 */
export async function keyPlaceFor(file: string): Promise<string> {
  const text = await textHere(file);
  if (text === null) return besideIt(file);
  const named = placeIn(file, text);
  if (named !== null) return named;
  // Without a word of it, the default is meant, wherever the configuration is.
  return (await exists(DEFAULT_KEY_FILE)) ? DEFAULT_KEY_FILE : besideIt(file);
}

function besideIt(file: string): string {
  return join(dirname(file), 'cluster.key');
}

async function textHere(file: string): Promise<string | null> {
  const hint = `it may say where the cluster's key is: make ${file} readable, or move it away`;
  try {
    const text = await textOf(file);
    // A link may lead to what is not mounted.
    if (text !== null || !(await exists(file))) return text;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const found = { code: 'configuration-unreadable', file, error: error.code } as const;
    throw new CertbotHaError('config', found, { cause: error, hint });
  }
  throw new CertbotHaError('config', { code: 'configuration-missing', file }, { hint });
}

function placeIn(file: string, text: string): string | null {
  try {
    return keyFileIn(file, text);
  } catch (error) {
    if (!(error instanceof CertbotHaError)) throw error;
    if (!text.includes('keyFile')) return null;
    const hint = `it says where the cluster's key is: correct ${file}, or move it away`;
    throw new CertbotHaError('config', error.findings, { cause: error, hint });
  }
}
