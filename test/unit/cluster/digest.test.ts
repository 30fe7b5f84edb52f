import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../../lib/cluster/config.ts';
import { digestOf } from '../../../lib/cluster/digest.ts';
import { expect, test } from '../../support/temporary.ts';

const NODES = 'nodes: { web1: 192.0.2.1, web2: 192.0.2.2 }\n';

test('the digest of a configuration tells what it means, not how it is written', async ({ directory }) => {
  const of = async (name: string, text: string) => {
    await writeFile(join(directory, name), text);
    return digestOf(loadConfig(join(directory, name)));
  };
  const first = await of('a.yaml', `${NODES}gate: { timeout: 60, require: all }\n`);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await of('b.yaml', `# the same\ngate:\n  require: all\n${NODES}`)).toBe(first);
  expect(await of('c.yaml', `${NODES}self: web2\n`)).toBe(first);
  const others = [
    await of('d.yaml', `${NODES}gate: { timeout: 61 }\n`),
    await of('e.yaml', 'nodes: { web2: 192.0.2.2, web1: 192.0.2.1 }\n'),
    await of('f.yaml', `${NODES}certificates: { lineages: { a.test: { served: [] } } }\n`),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
});
