import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { keyOf } from '../../../lib/challenge/any-challenge.ts';
import { launchedBy } from '../../../lib/state/launched.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { THUMBPRINT, TOKEN } from './samples.ts';

const CONFIG = '/etc/certbot-ha/config.yaml';
const VALUE = THUMBPRINT;
/** As hooks/launcher.sh writes them: of HTTP-01, and of DNS-01. */
const RECORDS = [
  [
    '1',
    'a.test',
    TOKEN,
    `${TOKEN}.${THUMBPRINT}`,
    '2',
    'a.test,b.test,c.test',
    CONFIG,
    '9 12:345 11 1:2 4',
    'end',
    '',
  ],
  ['1', '*.a.test', '', VALUE, '1', '*.a.test,b.test', CONFIG, '12:345', 'end', ''],
].map((lines) => lines.join('\n'));

/** What a launcher has written, or what a full disk has left of it, or anything else by its name. */
export async function launchedParser(directory: string): Promise<Parser> {
  await mkdir(directory, { mode: 0o700 });
  const launched = launchedBy({ CERTBOT_HA_RECORDS: directory, CERTBOT_HA_CONFIG: CONFIG });
  const keys = [TOKEN, VALUE];
  return {
    what: 'what a launcher has recorded',
    input: near(RECORDS, ['1\n', 'end\n', '12:345', CONFIG, TOKEN, '\n', '0']),
    holds: async (text) => {
      for (const key of keys) await writeFile(join(directory, `${key}.certbot-ha-record`), text);
      const found = launched.all();
      expect(found.length).toBeLessThanOrEqual(1);
      for (const entry of found) {
        expect(keys).toContain(keyOf(entry));
        expect(entry.identifier).not.toMatch(/[\p{Cc}/ ]/u);
        expect(entry.recordedAtMs).toBeGreaterThan(0);
      }
      // Whatever stands there, it is not old enough to be removed.
      expect((await readdir(directory)).length).toBe(keys.length);
    },
  };
}
