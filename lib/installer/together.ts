import { failure, type Outcome } from '../base/outcome.ts';
import type { Finding } from '../findings/register.ts';
import { atMost } from '../system/time-limit.ts';
import { isSaidOf, saidIn } from '../webserver/said.ts';
import { OUT_OF_TIME, testWithin } from '../webserver/tested.ts';
import { recordPassed } from './record-passed.ts';
import { each } from './each.ts';
import { ended, type Ending, type InstallOptions } from './ending.ts';
import { finishAll, leaveInPlace } from './finish.ts';
import { placeHere } from './generations.ts';
import { endBegun } from './interrupted.ts';
import { putInPlace, type Member } from './put-in-place.ts';
import { overtaking, undo } from './undo.ts';

/** How what was installed together has ended. */
export interface Together {
  readonly endings: ReadonlyMap<Member, Ending>;
  /** how the web server has taken the whole, where it was tested, and reloaded if it could be; null: to be asked again */
  readonly inUse: Outcome | null;
}

type Endings = Map<Member, Ending>;

/** With the lineage, and without; and some time to spare. */
const TWO_TESTS = 2.5;

/**
 * Puts lineages in place, tests once and reloads once: of a web server that is configured for several, the test
 * passes with the last of them only. Where it fails, those that make it fail go back, one that failed without them
 * as well says nothing about them, and they stay: going back would not help, and nothing would ever arrive.
 */
export async function installTogether(
  members: readonly Member[],
  options: InstallOptions,
): Promise<Together> {
  const { webServer, limit } = options;
  const endings: Endings = new Map();
  const placed = await placeEach(members, endings, options);
  if (placed.length === 0) return { endings, inUse: null };
  const startedMs = performance.now();
  // What is tested again without them has as long for it.
  const tested = await testWithin(webServer, atMost(limit.leftMs() / 2, limit));
  const tookMs = performance.now() - startedMs;
  if (tested.isOk) return await use(placed, endings, options);

  if (tested.reason === OUT_OF_TIME) return await goBack(placed, endings, options);
  const undone = await each(placed.toReversed(), endings, async ({ entry }) => {
    const outcome = await undo(entry, options);
    return outcome === 'undone' ? null : ended('failed', [tested.reason, overtaking(entry, outcome)]);
  });
  if (undone.length === 0) return { endings, inUse: null };
  const before = await testWithin(webServer, limit);
  if (!before.isOk && before.reason === OUT_OF_TIME) {
    for (const member of undone) endings.set(member, ended('failed', [OUT_OF_TIME]));
    return { endings, inUse: null };
  }
  if (!before.isOk) {
    return await keep(
      undone.toReversed(),
      { endings, tested: tested.reason, before: before.reason },
      options,
    );
  }
  if (undone.length > 1) return await oneByOne(undone.toReversed(), { endings, tookMs }, options);
  for (const member of undone) {
    endings.set(member, ended('rolled back', [tested.reason, { code: 'previous-restored' }]));
  }
  return { endings, inUse: null };
}

/** What cannot be put in place whole is gone before a test that would tell of it, and a reload that would have it in use. */
async function placeEach(
  members: readonly Member[],
  endings: Endings,
  options: InstallOptions,
): Promise<readonly Member[]> {
  const placed = await each(members, endings, async (member) => await putInPlace(member, options));
  for (const { entry } of members.filter((member) => !placed.includes(member)))
    await endBegun(entry.id, entry.lineage, options);
  return placed;
}

/** One of them makes the test fail: the others are none the worse for it. Whose turn does not come in time, a sync brings again. */
async function oneByOne(
  members: readonly Member[],
  { endings, tookMs }: { readonly endings: Endings; readonly tookMs: number },
  options: InstallOptions,
): Promise<Together> {
  for (const member of members) {
    if (options.limit.leftMs() <= TWO_TESTS * tookMs) {
      endings.set(member, ended('failed', [OUT_OF_TIME]));
      continue;
    }
    const alone = await installTogether([member], options);
    for (const [one, end] of alone.endings) endings.set(one, end);
  }
  return { endings, inUse: null };
}

/** Nobody knows whether the test passes with them: nothing stays untested, and a sync brings them again. */
async function goBack(
  members: readonly Member[],
  endings: Endings,
  options: InstallOptions,
): Promise<Together> {
  await each(members.toReversed(), endings, async ({ entry }) => {
    const outcome = await undo(entry, options);
    return ended('failed', outcome === 'undone' ? [OUT_OF_TIME] : [OUT_OF_TIME, overtaking(entry, outcome)]);
  });
  return { endings, inUse: null };
}

interface Failing {
  readonly endings: Endings;
  /** why the test fails with all of them in place */
  readonly tested: Finding;
  /** why it fails with none of them */
  readonly before: Finding;
}

/** The test fails without them as well. Only one that its words name now, and have not named before, goes back, and never to nothing. */
async function keep(
  members: readonly Member[],
  { endings, tested, before }: Failing,
  options: InstallOptions,
): Promise<Together> {
  let kept = await placeEach(members, endings, options);
  let outcome: Outcome =
    kept.length === members.length ? failure(tested) : await testWithin(options.webServer, options.limit);
  for (;;) {
    if (outcome.isOk) return await use(kept, endings, options);
    const why = outcome.reason;
    if (why === OUT_OF_TIME) return await goBack(kept, endings, options);
    const blamed = new Set(await blamedOf(kept, { why, before }, options));
    await each([...blamed], endings, async ({ entry }) => {
      const outcome = await undo(entry, options);
      return outcome === 'undone'
        ? ended('rolled back', [why, { code: 'previous-fails-too' }])
        : ended('failed', [why, overtaking(entry, outcome)]);
    });
    if (blamed.size === 0) break;
    kept = kept.filter((member) => !blamed.has(member));
    if (kept.length === 0) break;
    outcome = await testWithin(options.webServer, options.limit);
  }
  const { reason } = outcome;
  const isStandby = await options.webServer.isStandby();
  await each(kept, endings, async ({ entry, bundle }) => {
    await leaveInPlace(entry, bundle, options);
    // For want of the VIP, perhaps: what is started with it here reads the new files then.
    const state = isStandby ? 'installed' : 'not reloaded';
    return ended(state, [reason, failedBefore(reason, before)]);
  });
  return { endings, inUse: outcome };
}

async function blamedOf(
  members: readonly Member[],
  { why, before }: { readonly why: Finding; readonly before: Finding },
  { certificates: { configDir } }: InstallOptions,
): Promise<readonly Member[]> {
  const blamed: Member[] = [];
  for (const member of members) {
    const { live, archive } = await placeHere(configDir, member.entry.lineage);
    const isNamed = (finding: Finding) => isSaidOf(finding, [live, archive]);
    if (member.entry.previous !== null && isNamed(why) && !isNamed(before)) blamed.push(member);
  }
  return blamed;
}

/** What it said before, where that was something else. */
function failedBefore(now: Finding, before: Finding): Finding {
  const said = saidIn(before);
  const isSame = said.join('\n') === saidIn(now).join('\n');
  return { code: 'test-failed-before', said: isSame ? [] : said };
}

async function use(members: readonly Member[], endings: Endings, options: InstallOptions): Promise<Together> {
  const accepted = await recordPassed(members, endings, options);
  if (accepted.length === 0) return { endings, inUse: null };
  const { inUse, endings: finished } = await finishAll(accepted, options);
  for (const [member, end] of finished) endings.set(member, end);
  return { endings, inUse };
}
