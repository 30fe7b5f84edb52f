// Follows README.md on three hosts of each Debian, and writes down what was typed and said: npx jiti scripts/record-transcripts.ts
// [SUITE...]. As root; the programs have to be built.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLONE } from '../test/lab/dist.ts';
import { openBareHosts } from '../test/lab/first-certificate/hosts.ts';
import { transcriptPage } from '../test/lab/first-certificate/page.ts';
import { followReadme } from '../test/lab/first-certificate/transcript.ts';

const given = process.argv.slice(2);
for (const suite of given.length > 0 ? given : ['bookworm', 'trixie', 'forky']) {
  process.env['CERTBOT_HA_LAB_ROOT'] = suite;
  const directory = await mkdtemp(join(tmpdir(), 'certbot-ha-transcript-'));
  try {
    const lab = await openBareHosts(directory);
    try {
      if (lab.kind === 'loopback') throw new Error(lab.reason ?? 'hosts cannot be booted');
      const page = join('docs/transcripts', `${suite}.md`);
      await writeFile(join(CLONE, page), await transcriptPage(lab, await followReadme(lab)));
      process.stdout.write(`${page}\n`);
    } finally {
      await lab.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
