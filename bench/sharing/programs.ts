import { readFile } from 'node:fs/promises';
import type { LabHost } from '../../test/lab/contract.ts';

/** Puts a program of this directory on a host and gives the command that runs it there. */
export async function putProgram(host: LabHost, name: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`programs/${name}.cjs`, import.meta.url), 'utf8');
  await host.writeFile(`/root/${name}.cjs`, text);
  return ['node', `/root/${name}.cjs`];
}
