import { debianTree, wantedDebian } from './debian.ts';

/** Before the first test, which could not wait so long. */
export async function setup(): Promise<void> {
  const suite = wantedDebian();
  if (suite !== null) await debianTree(suite);
}
