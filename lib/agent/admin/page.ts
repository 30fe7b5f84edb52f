import { VERSION } from '../../base/version.ts';
import { wordsOf } from '../../findings/words.ts';
import { seeDoctorRun } from '../../state/doctor-run.ts';
import type { OnDamage } from '../../state/json-file.ts';
import { PAGE_HEADERS } from '../page/document.ts';
import type { Turn } from '../../system/in-turn.ts';
import { lastEvents } from '../page/last-events.ts';
import { renderPage } from '../page/page.ts';
import { keptFor } from './kept-for.ts';
import type { PageShown } from './page-routes.ts';
import type { Survey } from './survey.ts';

/** A look takes less where every node answers, and who waits longer thinks that the page does not come. */
const WAIT_MS = 2_000;

export interface PageOptions {
  /** this node's name */
  readonly node: string;
  readonly survey: Survey;
  readonly stateDir: string;
  /** for each look at its files */
  readonly turn: Turn;
  readonly onDamage: OnDamage;
}

/** So long a page is shown to others as well: whoever asks a hundred times a second has it made once. */
const KEPT_MS = 1_000;

/** What makes the status page, once a second at most. */
export function createPage({
  node,
  survey,
  stateDir,
  turn,
  onDamage,
}: PageOptions): () => Promise<PageShown> {
  const draw = async (): Promise<PageShown> => {
    const [{ document, trouble, isLooking }, lately, run] = await Promise.all([
      survey.latest(WAIT_MS),
      lastEvents(stateDir, turn),
      seeDoctorRun(stateDir, onDamage, turn),
    ]);
    const html = renderPage({
      node,
      version: VERSION,
      nowMs: Date.now(),
      survey: document,
      trouble: trouble && wordsOf(trouble),
      isLooking,
      events: lately,
      doctor: run,
    });
    return { html, headers: PAGE_HEADERS };
  };
  return keptFor(KEPT_MS, draw);
}
