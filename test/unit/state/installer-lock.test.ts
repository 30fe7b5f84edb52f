import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withInstallerLock } from '../../../lib/state/installer-lock.ts';
import { expect, test } from '../../support/temporary.ts';

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('where there is no stateDir yet, the agent’s user may enter the one that is made, and not the journal', async ({
  directory,
}) => {
  const stateDir = join(directory, 'lib', 'state');
  expect(await withInstallerLock(stateDir, async () => 'ran')).toBe('ran');
  expect(await modeOf(join(directory, 'lib'))).toBe('755');
  expect(await modeOf(stateDir)).toBe('755');
  expect(await modeOf(join(stateDir, 'journal'))).toBe('700');
});
