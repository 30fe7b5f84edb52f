import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { isLineageName } from '../../../lib/lineage/schemas.ts';
import { createAccepted } from '../../../lib/state/accepted.ts';
import { readDoctorRun } from '../../../lib/state/doctor-run.ts';
import { createEventTail } from '../../../lib/state/event-tail.ts';
import { parseEvent, type LoggedEvent } from '../../../lib/state/event.ts';
import { createGateFailures } from '../../../lib/state/gate-failures.ts';
import { createJournal, isDamaged } from '../../../lib/state/journal.ts';
import type { Damage } from '../../../lib/state/json-file.ts';
import { layoutOf } from '../../../lib/state/layout.ts';
import { createNotified } from '../../../lib/state/notified.ts';
import { createResults } from '../../../lib/state/outbox.ts';
import { createOutstanding } from '../../../lib/state/outstanding.ts';
import { createPendingStore } from '../../../lib/state/pending.ts';
import { readEvents } from '../../../lib/state/read-events.ts';
import { createRecords } from '../../../lib/state/records.ts';
import { createSilentNodes } from '../../../lib/state/silent-nodes.ts';
import { keyOf } from '../../../lib/challenge/any-challenge.ts';
import { isToken } from '../../../lib/challenge/challenge.ts';
import { expectWords } from '../strange/words.ts';
import { near, nearJson } from './near.ts';
import { expectSame, type Parser } from './parser.ts';
import { DOCTOR, EVENT, FOUND, ID, RECORD, RESULT, SAID, STAMP, THUMBPRINT, TOKEN, TOLD } from './samples.ts';

const PENDING = {
  ...{ identifier: 'a.test', token: TOKEN, keyAuthorization: `${TOKEN}.${THUMBPRINT}`, recordedAtMs: 1 },
  ...{ run: { id: '1-2 a.test', process: { pid: 1, startTime: '2' } } },
};
const TOMBSTONE = {
  ...TOLD,
  lineage: 'a.test',
  isPending: false,
  kept: { server: 'x' },
  backup: null,
  at: STAMP,
};
const ENTRY = {
  lineage: 'a.test',
  id: ID,
  previous: 1,
  next: 2,
  settleAs: null,
  conf: null,
  phase: 'placing',
};
const TROUBLE = { who: null, code: 'lock-held', message: 'x', since: STAMP, seen: 1, gone: 0, told: null };
/** The state of a node, which other programs, users and versions write, and a loss of power cuts off. */
export function stateParsers(stateDir: string): readonly Parser[] {
  const damages: Damage[] = [];
  const layout = layoutOf(stateDir);
  const onDamage = (damage: Damage) => void damages.push(damage);
  const records = createRecords(stateDir, onDamage);
  /** Of a file with the text: what it reads, and no more than is there; what is damaged is told. */
  const inFile = (file: string, read: () => Promise<unknown>): Parser['holds'] => {
    const isTold = () => damages.length > 0;
    return async (text) => {
      damages.length = 0;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      const value = await read();
      if (value === null) expect(isTold()).toBe(true);
      for (const { why, entries } of damages)
        expect([why, ...(entries ?? [])].join('')).not.toMatch(/\p{Cc}/u);
    };
  };
  const state = (what: string, values: readonly unknown[], holds: Parser['holds']): Parser => ({
    ...{ what, share: 4, input: nearJson(values, SAID), holds },
  });
  return [
    state(
      'what is installed',
      [RECORD],
      inFile(layout.installedOf('a.test'), async () => {
        const record = await records.installedOf('a.test');
        expect(isLineageName(record?.lineage ?? 'a')).toBe(true);
        return record;
      }),
    ),
    state(
      'what was deleted',
      [TOMBSTONE],
      inFile(layout.deletedOf('a.test'), async () => {
        const [one] = await records.deletions();
        expect(one?.lineage ?? 'a.test').toBe('a.test');
        return one ?? 'of another';
      }),
    ),
    state(
      'how an installation ended',
      [RESULT],
      inFile(layout.resultOf(ID), async () => {
        const result = await createResults(stateDir, onDamage).of(ID);
        expectWords(...(result?.findings ?? []));
        return result;
      }),
    ),
    state(
      'what is outstanding',
      [[{ node: 'web2', lineage: 'a.test', id: ID, since: STAMP, line: 'x [y]', reason: FOUND }]],
      inFile(layout.outstanding, async () => {
        const list = await createOutstanding(stateDir, onDamage).list();
        expectWords(...list.map(({ reason }) => reason));
        return list;
      }),
    ),
    state(
      'a journal',
      [ENTRY],
      inFile(layout.journalOf('a.test'), async () => {
        const entry = await createJournal(stateDir).read('a.test');
        if (entry === null || isDamaged(entry)) expect(entry?.why).not.toBe('');
        else expect(entry.lineage).toBe('a.test');
        return 'told';
      }),
    ),
    state(
      'accepted changes',
      [{ lineage: 'a.test', changes: ['reuse_key=true'], at: STAMP, earlier: [{ changes: [], at: STAMP }] }],
      inFile(
        layout.acceptedOf('a.test'),
        async () => await createAccepted(stateDir, onDamage).of('a.test', new Date(STAMP)),
      ),
    ),
    state(
      'what receivers were told',
      [{ a: { troubles: { x: TROUBLE }, sent: [STAMP] } }],
      inFile(layout.notified, async () => await createNotified(stateDir, onDamage).read()),
    ),
    state(
      'silent nodes',
      [{ '192.0.2.1': 1 }],
      inFile(layout.silent, async () => {
        // Null is no damage: nothing is known of it.
        return [await createSilentNodes(stateDir, onDamage).silentAt('192.0.2.1')];
      }),
    ),
    state(
      'failures of gates',
      [{ 'a.test': [1, 2] }],
      inFile(layout.gateFailures, async () => await createGateFailures(stateDir, onDamage).near()),
    ),
    state(
      'a challenge that is pending',
      [PENDING],
      inFile(layout.pendingOf(TOKEN), async () => {
        const batch = await createPendingStore(stateDir, onDamage).batch(PENDING.run);
        for (const entry of batch) expect(isToken(keyOf(entry))).toBe(true);
        expect((await readdir(layout.pending)).length).toBeLessThanOrEqual(1);
        return batch;
      }),
    ),
    state(
      "doctor's last run",
      [DOCTOR],
      inFile(layout.doctor, async () => await readDoctorRun(stateDir, onDamage)),
    ),
    {
      ...{ what: 'the log of events', share: 4 },
      input: near([`${JSON.stringify(EVENT)}\n`.repeat(3)], ['\n', '"ok"', ...SAID]),
      holds: inFile(layout.events, async () => {
        const read = await readEvents(stateDir);
        const followed = await followedIn(layout.events);
        // Who reads back from the end has the last line too, which nobody has ended.
        expect(read.slice(0, followed.length)).toEqual(followed);
        expect(read.length - followed.length).toBeLessThanOrEqual(1);
        return read;
      }),
    },
    {
      what: 'a line of the log of events',
      input: nearJson([EVENT], ['ok', ...SAID]),
      holds: (line) => {
        const event = parseEvent(line);
        if (event === null) return;
        expectSame(parseEvent(JSON.stringify(event)), event);
        expect(Object.values(event).join('')).toMatch(/^[\x21-\x7e]*$/);
      },
    },
    {
      what: 'a name of a file that is made of a token or a lineage',
      share: 4,
      input: near([TOKEN, 'a.test', ID], ['/', '..', '\0']),
      holds: async (name) => {
        if (isToken(name)) expect(dirname(layout.pendingOf(name))).toBe(layout.pending);
        if (isLineageName(name)) expect(await records.installedOf(name)).toBeOneOf([null, expect.anything()]);
        expect(await createResults(stateDir, onDamage).of(name)).toBeOneOf([null, expect.anything()]);
      },
    },
  ];
}

async function followedIn(file: string): Promise<readonly LoggedEvent[]> {
  const tail = createEventTail(await open(file), 0, 0);
  const all: LoggedEvent[] = [];
  for await (const news of tail.news()) all.push(...news);
  await tail.close();
  return all;
}
