import { describe, expect, test } from 'vitest';
import {
  createLookup,
  type Found,
  type Heard,
  type LookupOptions,
  type Missing,
} from '../../../../lib/agent/lookup/lookup.ts';
import { pause } from '../../../../lib/system/pause.ts';
import { warningsOf } from '../../../support/warnings.ts';

const PRINT = 'p'.repeat(43);
const tokenOf = (text: string) => text.padEnd(43, '_');
const TOKEN = tokenOf('a');
const KEY_AUTHORIZATION = `${TOKEN}.${PRINT}`;

interface World extends Partial<LookupOptions> {
  /** what each peer says */
  readonly says?: Readonly<Record<string, Heard | Promise<Heard>>>;
  readonly here?: string;
  readonly known?: string;
}

/** A look-up with peers that are made up, and what it has asked them. */
function lookupIn({ says = {}, here, known, ...more }: World) {
  const asked: string[] = [];
  const ended: (Found | Missing)[] = [];
  const clock = { ms: 0 };
  const find = createLookup({
    responses: async () => await Promise.resolve(here ?? null),
    peers: Object.keys(says),
    ask: async (peer, token) => {
      asked.push(`${peer} ${token}`);
      return await says[peer];
    },
    thumbprint: () => known ?? null,
    onEnd: (found) => ended.push(found),
    now: () => clock.ms,
    ...more,
  });
  return { find, asked, ended, clock };
}

const never = new Promise<Heard>(() => {});

describe('a look-up', () => {
  test.for<readonly [string, World, Found | Missing]>([
    [
      'answers from the webroot, and asks nobody then',
      { here: KEY_AUTHORIZATION, says: { web2: null } },
      { by: 'webroot', keyAuthorization: KEY_AUTHORIZATION },
    ],
    [
      'takes the first good answer, and waits for no other',
      { says: { web2: null, web3: KEY_AUTHORIZATION, web4: never } },
      { by: 'peer', peer: 'web3', keyAuthorization: KEY_AUTHORIZATION },
    ],
    [
      'takes no response to another challenge',
      { says: { web2: `${tokenOf('b')}.${PRINT}` } },
      { by: null, why: 'unknown' },
    ],
    ['takes nothing else either', { says: { web2: '<html>' } }, { by: null, why: 'unknown' }],
    ['tells what no peer has', { says: { web2: null, web3: undefined } }, { by: null, why: 'unknown' }],
    [
      'tells when no peer answers',
      { says: { web2: undefined, web3: undefined } },
      { by: null, why: 'cut off' },
    ],
    [
      'answers with the thumbprint when no peer answers',
      { says: { web2: undefined }, known: PRINT },
      { by: 'thumbprint', keyAuthorization: KEY_AUTHORIZATION },
    ],
    [
      'does not while one of them does',
      { says: { web2: undefined, web3: null }, known: PRINT },
      { by: null, why: 'unknown' },
    ],
    ['nor where there are no peers', { known: PRINT }, { by: null, why: 'unknown' }],
  ])('%s', async ([, world, expected]) => {
    expect(await lookupIn(world).find(TOKEN)).toEqual(expected);
  });

  test.for(['short', `${TOKEN}.x`, '../../etc/passwd', `${TOKEN}/`, 'x'.repeat(129), ''])(
    'asks nobody for %j',
    async (token) => {
      const { find, asked } = lookupIn({ says: { web2: KEY_AUTHORIZATION } });
      expect([await find(token), asked]).toEqual([{ by: null, why: 'malformed' }, []]);
    },
  );

  test('of peers that are silent ends in time, and ends the asking', async () => {
    const aborted: unknown[] = [];
    const { find } = lookupIn({
      says: { web2: null, web3: null },
      timeoutMs: 20,
      ask: async (peer, _, signal) =>
        await new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve((aborted.push(peer), undefined)));
        }),
    });
    expect(await find(TOKEN)).toEqual({ by: null, why: 'cut off' });
    expect(aborted).toEqual(['web2', 'web3']);
  });

  test('that is answered ends the asking of the others', async () => {
    const aborted: string[] = [];
    const { find } = lookupIn({
      says: { web2: null, web3: null },
      ask: async (peer, _, signal) => {
        if (peer === 'web2') return await Promise.resolve(KEY_AUTHORIZATION);
        return await new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve((aborted.push(peer), undefined)));
        });
      },
    });
    expect(await find(TOKEN)).toMatchObject({ peer: 'web2' });
    expect(aborted).toEqual(['web3']);
  });

  test('of one token, by several at once, is one', async () => {
    const { find, asked, ended } = lookupIn({ says: { web2: KEY_AUTHORIZATION } });
    const found = await Promise.all([find(TOKEN), find(TOKEN), find(TOKEN)]);
    expect(new Set(found.map(({ by }) => by))).toEqual(new Set(['peer']));
    expect([asked, ended]).toEqual([[`web2 ${TOKEN}`], [found[0]]]);
  });

  test('is not made again for a second where no node had it', async () => {
    const { find, asked, clock } = lookupIn({ says: { web2: null } });
    for (const ms of [0, 500, 999]) {
      clock.ms = ms;
      expect(await find(TOKEN)).toEqual({ by: null, why: 'unknown' });
    }
    expect(asked).toHaveLength(1);
    clock.ms = 1_000;
    await find(TOKEN);
    expect(asked).toHaveLength(2);
  });

  test('goes out twenty times a second, and the rest are told at once', async () => {
    const { find, asked, clock } = lookupIn({ says: { web2: null } });
    const many = async (name: string) => {
      const found = await Promise.all(
        Array.from({ length: 30 }, async (_, n) => await find(tokenOf(name + n))),
      );
      return found.filter(({ by }) => by === null).map((one) => (one as Missing).why);
    };
    expect((await many('a')).filter((why) => why === 'too many')).toHaveLength(10);
    clock.ms = 999;
    expect((await many('b')).filter((why) => why === 'too many')).toHaveLength(30);
    clock.ms = 1_000;
    expect((await many('c')).filter((why) => why === 'too many')).toHaveLength(10);
    expect(asked).toHaveLength(40);
  });

  test('of what a peer had is not made again for 30 s, however many names the CA asks for, from however many places', async () => {
    const asked: string[] = [];
    const { find, clock } = lookupIn({
      says: { web2: null },
      ask: async (peer, token) =>
        await Promise.resolve((asked.push(`${peer} ${token}`), `${token}.${PRINT}`)),
    });
    const names = Array.from({ length: 20 }, (_, n) => tokenOf(`name${n}`));
    for (const ms of [0, 100, 29_999]) {
      clock.ms = ms;
      const found = await Promise.all(names.map(find));
      expect(new Set(found.map(({ by }) => by))).toEqual(new Set(['peer']));
    }
    expect(asked).toHaveLength(20);
    clock.ms = 30_000;
    await find(names[0] ?? '');
    expect(asked).toHaveLength(21);
  });

  test('beyond twenty a second is answered by the thumbprint where no peer answered a moment ago', async () => {
    const says: Record<string, Heard> = { web2: undefined };
    const { find, asked, clock } = lookupIn({ says, known: PRINT });
    const many = async (name: string) => {
      const found = await Promise.all(
        Array.from({ length: 30 }, async (_, n) => await find(tokenOf(name + n))),
      );
      return found.filter(({ by }) => by === 'thumbprint').length;
    };
    await find(TOKEN);
    clock.ms = 999;
    expect(await many('a')).toBe(30);
    expect(asked).toHaveLength(20);
    clock.ms = 2_000;
    says['web2'] = null;
    await find(TOKEN);
    expect(await many('b')).toBe(0);
  });

  test('of twelve peers is no leak to Node.js, which would say so in the journal', async () => {
    const peers = Array.from({ length: 12 }, (_, index) => `web${index + 2}`);
    const ask: LookupOptions['ask'] = async (peer, _token, signal) => {
      if (peer === 'web13') return KEY_AUTHORIZATION;
      await pause(60_000, signal);
      return undefined;
    };
    const { find } = lookupIn({ peers, ask });
    const warnings = await warningsOf(async () => expect(await find(TOKEN)).toMatchObject({ by: 'peer' }));
    expect(warnings).toEqual([]);
  });
});
