import { expect } from 'vitest';
import { readDelivery, readLineages, readStatus } from '../../../lib/channel/answers.ts';
import { keysIn } from '../../../lib/channel/key-file.ts';
import { refusalOf } from '../../../lib/channel/refusal.ts';
import { cleanText, readFinding } from '../../../lib/findings/read.ts';
import { leftResult } from '../../../lib/inbox/answer.ts';
import { addressesIn } from '../../../lib/net/resolve.ts';
import { sorted } from '../../../lib/peers/survey.ts';
import { handoverText, readHandover } from '../../../lib/setup/handover.ts';
import { stamped } from '../../../lib/state/stamped.ts';
import { explainRsync } from '../../../lib/transports/rsync/exit.ts';
import type { ClusterNode, Config } from '../../../lib/cluster/config.ts';
import { expectedOf, expectWords } from '../strange/words.ts';
import { near, nearJson } from './near.ts';
import { expectSame, jsonIn, type Parser } from './parser.ts';
import { FOUND, ID, RECORD, RESULT, SAID, STATUS, TOLD } from './samples.ts';

const NAME = /^(?!\.)[A-Za-z0-9._*@+-]{1,200}$/;
const KEYS = [`${'ab'.repeat(32)}\n`, `# the cluster's key\n\n${'0f'.repeat(32)}\n${'CD'.repeat(32)}\n`];
const RSYNC = { user: 'certbot-ha', identityFile: '/id', port: 22 } as unknown as Config['rsync'];

/** What other nodes say over the channel, and by rsync; what is carried from one to another by hand. */
export const CHANNEL: readonly Parser[] = [
  {
    what: 'a status that a peer tells',
    input: nearJson([STATUS], SAID),
    holds: (text) => {
      const read = readStatus(jsonIn(text));
      if (read === null) return;
      expectSame(readStatus(JSON.parse(JSON.stringify(read))), read);
      expect([read.node, read.version, ...read.vips].join('')).toMatch(/^[\x20-\x7e]*$/);
    },
  },
  {
    what: 'lineages and deletions that a peer tells',
    share: 40,
    input: nearJson([{ lineages: [RECORD], deleted: [TOLD] }, { lineages: [RECORD, RECORD] }], SAID),
    holds: (text) => {
      const read = readLineages(jsonIn(text));
      const now = new Date();
      for (const { lineage } of [...(read?.lineages ?? []), ...(read?.deleted ?? [])])
        expect(lineage).toMatch(NAME);
      const { installed, ahead } = sorted(read?.lineages ?? [], now);
      for (const { leaf } of installed) {
        const { stamp } = stamped(leaf, { own: null, peers: installed, now });
        for (const time of [stamp, leaf.notBefore, leaf.notAfter]) expect(Date.parse(time)).not.toBeNaN();
      }
      for (const { lineage, stamp = '' } of ahead)
        expectWords({ code: 'stamp-ahead', lineage, stamp, here: now.toISOString() });
    },
  },
  {
    what: 'how an installation ended, as a peer or an inbox tells',
    input: nearJson([RESULT, { state: 'staged' }], SAID),
    holds: (text) => {
      const read = readDelivery(jsonIn(text));
      if (read !== null && 'findings' in read) expectWords(...read.findings);
      const left = leftResult(ID, text);
      if (left.state === 'unknown') expectWords(left.reason);
      else expect(left.id).toBe(ID);
    },
  },
  {
    what: 'a finding of another node',
    input: nearJson(
      [FOUND, { code: 'lock-held', file: '/x', seconds: 1 }],
      ['code', 'error', 'ECONNREFUSED'],
    ),
    holds: (text) => {
      const read = readFinding(jsonIn(text), [text]);
      expectWords(...(read === null ? [] : [read]));
      expect(cleanText(text).length).toBeLessThanOrEqual(1_000);
    },
  },
  {
    what: 'a problem document',
    input: nearJson([{ type: 'about:blank', title: 'Not Found', status: 404, detail: 'nothing is staged' }]),
    holds: (text) => {
      const refusal = refusalOf(404, text);
      expect(['agent-refuses', 'not-an-agent']).toContain(refusal.code);
      expectWords(refusal);
    },
  },
  {
    what: 'a key file',
    input: near(KEYS, ['ab', '#', '\r\n', 'g']),
    holds: (text) => {
      const keys = expectedOf(() => keysIn('/key', text));
      for (const key of keys?.all ?? []) expect(key).toHaveLength(32);
      expect(keys?.first).toBe(keys?.all[0]);
    },
  },
  {
    what: 'a set-up that is handed over',
    input: nearJson([{ 'certbot-ha': 1, config: 'nodes: {}\n', key: KEYS[0] }], ['certbot-ha', '\\n']),
    holds: (text) => {
      const read = expectedOf(() => readHandover(text));
      if (read !== null) expect(readHandover(handoverText(read))).toEqual(read);
    },
  },
  {
    what: 'words of rsync and ssh',
    input: near([
      'rsync: [sender] write error: Broken pipe (32)\nrsync error: error in socket IO (code 10) at io.c(847)\n',
      'Host key verification failed.\r\nrsync: connection unexpectedly closed (0 bytes received so far)\n',
      'certbot-ha@192.0.2.2: Permission denied (publickey).\r\n',
    ]),
    holds: (text) => {
      const result = { code: text.length % 256, stdout: text, stderr: text, trouble: null };
      const node = { name: 'web2', address: '192.0.2.2' } as ClusterNode;
      expectWords(explainRsync(result, node, RSYNC, '/inbox'));
    },
  },
  {
    what: 'addresses of a name',
    share: 5,
    input: near(['192.0.2.1      STREAM web1\n192.0.2.1      DGRAM\n2001:db8::1     STREAM web1\n']),
    holds: (text) => {
      for (const address of addressesIn(text)) expect(address).toMatch(/^\S+$/);
    },
  },
];
