import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CLONE } from '../lab/dist.ts';

const README = 'test/README.md';

test('the templates in test/README.md are the files that run', async () => {
  const readme = await readFile(join(CLONE, README), 'utf8');
  const shown = [...readme.matchAll(/^<!-- (\S+) -->\n\n```ts\n([\s\S]*?)^```$/gm)];
  expect(shown.map(([, file]) => file)).toEqual(
    ['unit', 'integration', 'e2e'].map((kind) => `test/${kind}/template.test.ts`),
  );
  for (const [, file = '', text] of shown) {
    expect([file, text]).toEqual([file, await readFile(join(CLONE, file), 'utf8')]);
  }
});
