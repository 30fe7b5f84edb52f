import { expect, test } from 'vitest';
import { renderPage } from '../../../lib/agent/page/page.ts';
import { watchLines } from '../../../lib/commands/watch-lines.ts';
import { EVENT_NAMES, type LoggedEvent } from '../../../lib/state/event.ts';
import { eventWords, wordsOfEvent } from '../../../lib/state/event-words.ts';
import { at, snapshot } from '../../support/page/snapshots.ts';

/** What an event counts, in words. */
const COUNTED: Readonly<Record<string, string>> = { doctor: '3 complaints', notification: '3 messages' };

test.for(EVENT_NAMES)('%s has words, the same on the page, in a terminal and in the journal', (event) => {
  const logged: LoggedEvent = {
    ...{ at: at(0), node: 'web1', program: 'sync', event, peer: 'web2', tokens: 3, ms: 1_500, outcome: 'ok' },
  };
  const [words, count] = [eventWords(logged), COUNTED[event] ?? '3 challenges'];
  const page = renderPage(snapshot({ events: [logged] })).replaceAll(/<[^>]*>/g, '');
  expect(page).toMatch(new RegExp(`${words} by sync\\s+✓ ok\\s+${count}\\s+web2\\s+1\\.5 s`));
  const line = watchLines(snapshot({ events: [logged] }), [], null).at(-1);
  expect(line).toMatch(new RegExp(`✓ ${words} +${count} +web2 +1\\.5 s +ok$`));
  expect(wordsOfEvent(logged)).toMatch(new RegExp(`^${words}, ${count}, (?:on|from) web2, 1\\.5 s: ok$`));
});

test('of DNS-01 is told, where no node has a part in it, on the page and in a terminal', () => {
  const logged: LoggedEvent = {
    ...{ at: at(0), node: 'web1', program: 'auth', event: 'challenge-presented', identifier: 'a.test' },
    ...{ tokens: 2, challenge: 'dns-01', ms: 40, outcome: 'ok' },
  };
  expect(wordsOfEvent(logged)).toBe('challenges presented, a.test, 2 challenges of DNS-01, 40 ms: ok');
  expect(renderPage(snapshot({ events: [logged] })).replaceAll(/<[^>]*>/g, '')).toMatch(
    /challenges presented by auth\s+✓ ok\s+a\.test, 2 challenges of DNS-01\s/,
  );
});
