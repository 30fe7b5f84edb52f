import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIST } from '../support/cluster/built.ts';

test('what is built names every package that is in it, with its licence', async () => {
  const { dependencies } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const notices = await readFile(join(DIST, 'THIRD-PARTY-NOTICES'), 'utf8');
  for (const [name, version] of Object.entries(dependencies)) {
    expect(notices).toMatch(new RegExp(`^${name} ${version.replaceAll('.', '\\.')} \\(\\S+\\)$`, 'm'));
  }
  expect(notices).toContain('Permission is hereby granted, free of charge');
});
