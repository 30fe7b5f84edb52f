import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { contradictionsIn, obstaclesIn, readCliIni } from '../../../lib/certbot/cli-ini.ts';
import { activatedIn, clearOddMarkers } from '../../../lib/inbox/markers.ts';
import { takeRequests } from '../../../lib/inbox/requests.ts';
import { inboxAt, readBundle } from '../../../lib/inbox/take.ts';
import { CertbotHaError } from '../../../lib/base/errors.ts';
import { layoutOf } from '../../../lib/state/layout.ts';
import { expectWords } from '../strange/words.ts';
import { near } from './near.ts';
import type { Parser } from './parser.ts';
import { ID, STAMP } from './samples.ts';

const CLI_INI = `# certbot's defaults
email = a@b.test
[certonly]
--authenticator: "webroot"
deploy-hook = systemctl reload nginx ; x
preferred-challenges http
dns-route53
key-type=ecdsa # y\n`;
const KEPT = { reuse_key: 'true' } as Parameters<typeof contradictionsIn>[1][number];

/** A name that a file can have, as bytes: not each is UTF-8. */
function nameOf(line: string): Buffer {
  return Buffer.from(line, line.length % 2 === 0 ? 'utf8' : 'latin1')
    .filter((byte) => byte !== 0 && byte !== 0x2f)
    .subarray(0, 255) as Buffer;
}

/** What the agent's user leaves for root's programs, by its name and by what is in it. */
async function leave(directory: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const line of text.split('\n').slice(0, 8)) {
    const name = nameOf(line);
    if (['', '.', '..'].includes(name.toString('latin1'))) continue;
    const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
    // Now and then a directory with something in it stands in its place.
    const isPlain = (name.at(-1) ?? 0) % 5 !== 0;
    if (!isPlain) await mkdir(path).catch(() => undefined);
    const file = isPlain ? path : Buffer.concat([path, Buffer.from('/x')]);
    await writeFile(file, text).catch(() => undefined);
  }
}

/** What lies below stateDir for the next run of root's programs, and what certbot reads at every start. */
export function leftParsers(stateDir: string): readonly Parser[] {
  const { requests, backup, inbox: directory } = layoutOf(stateDir);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const inbox = inboxAt(directory, owner, backup);
  const cliIni = join(stateDir, 'letsencrypt/cli.ini');
  /** Nothing else has come into the state directory, or gone from it. */
  const expectAlone = async () => {
    expect(await readdir(dirname(stateDir))).toContain('state');
    for (const name of await readdir(stateDir))
      expect(name).toMatch(/^(?:requests|inbox|backup|letsencrypt)$/);
  };
  return [
    {
      ...{ what: 'requests of peers', share: 4 },
      input: near(['web2\nweb3\n', 'web2'], ['..', '/', '-rf', '--', '*', '\n', '\udcff', '$(x)']),
      holds: async (text) => {
        await leave(requests, text);
        const wasAny = (await readdir(requests)).length > 0;
        expect(await takeRequests(stateDir)).toBe(wasAny);
        expect(await readdir(requests)).toEqual([]);
        await expectAlone();
      },
    },
    {
      ...{ what: 'markers of bundles', share: 4 },
      input: near([`${ID}\n${STAMP}`, `.${ID}.AbCdEf\n${'0f'.repeat(32)}`], ['..', '/', '-rf', ID, '\n']),
      holds: async (text) => {
        await leave(inbox.markers, text);
        for (const id of await activatedIn(inbox)) {
          expect(id).toMatch(/^[0-9a-f]{64}$/);
          await mkdir(join(inbox.bundles, id), { recursive: true });
          await readBundle(inbox, id).catch((error: unknown) => {
            if (!(error instanceof CertbotHaError)) throw error;
            expectWords(...error.findings);
          });
        }
        await clearOddMarkers(inbox);
        for (const name of await readdir(inbox.markers))
          expect(name).toMatch(/^[0-9a-f]{64}$|^\.[0-9a-f]{64}\.\w{6}$/);
        await rm(directory, { recursive: true });
        await expectAlone();
      },
    },
    {
      ...{ what: 'a cli.ini', share: 92 },
      input: near([CLI_INI], ['=', ':', '--', '"', ' ;', ' #', '[', 'no-reuse-key', 'webroot', 'staging=']),
      holds: async (text) => {
        await mkdir(dirname(cliIni), { recursive: true });
        await writeFile(cliIni, text);
        const settings = await readCliIni([cliIni]);
        for (const { key, value } of settings) expect([key, value].join('')).not.toMatch(/[\r\n]/);
        expectWords(...contradictionsIn(settings, [KEPT]), ...obstaclesIn(settings));
        expect((await stat(cliIni)).isFile()).toBe(true);
      },
    },
  ];
}
