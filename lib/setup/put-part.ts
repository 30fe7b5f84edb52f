import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { LIMITS } from '../system/limits.ts';
import { exists, readLink } from '../system/read-file.ts';
import { readSmall } from '../system/read-untrusted.ts';
import { timeLimit } from '../system/time-limit.ts';
import { removeIfThere, switchLink } from '../system/write-file.ts';
import { challengePart, type PartKind } from '../webserver/challenge-part.ts';
import { lookupOfOwn, MAX_PART_BYTES } from '../webserver/own-part.ts';
import { placeFor, type PartPlace } from '../webserver/part-place.ts';
import type { WebServer } from '../webserver/web-server.ts';
import {
  explained,
  filesDiffer,
  keepCopy,
  putFiles,
  refuseDiffering,
  type NewFile,
  type Written,
} from './put-files.ts';
import { takeBack, withLeft, type Step } from './undo.ts';

export interface PutPartOptions {
  readonly kind: PartKind;
  readonly webroot: string;
  /** `HOST:PORT` of the agent that is asked for what the webroot lacks; null: nobody is */
  readonly lookup: string | null;
  readonly isForced: boolean;
  readonly webServer: Pick<WebServer, 'test' | 'reload'>;
  readonly signal: AbortSignal;
  /** below which the web server's files are; default: the root directory */
  readonly root?: string;
}

const MODE = 0o644;
const PASS_FIRST = 'nothing was written: its test has to pass before';

/**
 * Puts the part for challenges where the distribution has room for it, tests the web server and reloads it. Resolves to what was done,
 * a line each.
 * @throws {CertbotHaError} `usage` where there is no room; `failed` where another file is there, or the web server refuses: then all is
 * as it was, or what is not is among what was found
 */
export async function putPart(options: PutPartOptions): Promise<readonly string[]> {
  const { kind, webroot, isForced, webServer, signal, root = '/' } = options;
  const place = placeFor(kind, (directory) => existsSync(join(root, directory)));
  if (place === null) {
    const hint = `certbot-ha snippet ${kind} prints it`;
    throw new CertbotHaError('usage', { code: 'snippet-without-place', kind }, { hint });
  }
  const content = challengePart(kind, webroot, options.lookup);
  const part: NewFile = { file: join(root, place.file), content, mode: MODE, gid: null };
  const mayReplace = isForced || (await isOwn(options, part.file));
  await refuseDiffering([part], mayReplace);
  const limit = timeLimit(2 * LIMITS.testMs + LIMITS.reloadMs, signal);
  const before = await webServer.test(limit);
  if (signal.aborted) throw new CertbotHaError('failed', { code: 'set-up-interrupted' });
  // Whoever has added the line that puts it to use has a web server that refuses, until it is there.
  const isAwaited = place.use !== null && !(await exists(part.file));
  if (!before.isOk && !isAwaited) throw refused([before.reason], PASS_FIRST);
  const written = await putFiles([part], { isForced: mayReplace });
  const linked = await linkPart(place, root, isForced).catch(async (error: unknown) => {
    throw withLeft(error, await written.undo());
  });
  const tested = await webServer.test(limit);
  const reloaded = tested.isOk && !signal.aborted ? await webServer.reload(limit) : null;
  const failed = tested.isOk ? (reloaded ?? tested) : tested;
  if (!failed.isOk || reloaded === null) {
    const reason: Finding = failed.isOk || signal.aborted ? { code: 'snippet-interrupted' } : failed.reason;
    const hint = tested.isOk || before.isOk ? `undone: ${part.file} is as it was` : PASS_FIRST;
    throw await takenBack(reason, { part, written, linked, hasReloaded: reloaded !== null, webServer, hint });
  }
  const use = place.use === null ? [] : [`to use it, add ${place.use}`];
  return [...written.lines, ...linked.lines, 'tested, and reloaded if it runs', ...use];
}

/** Whether certbot-ha has put it there, for another `agent.lookup` or `agent.adminListen`, and nobody has changed it since. */
async function isOwn({ kind, webroot }: PutPartOptions, file: string): Promise<boolean> {
  const text = await readSmall(file, MAX_PART_BYTES).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  return text !== null && lookupOfOwn(kind, webroot, text) !== undefined;
}

interface Undone {
  readonly part: NewFile;
  readonly written: Written;
  readonly linked: Written;
  /** the web server may have read it */
  readonly hasReloaded: boolean;
  readonly webServer: Pick<WebServer, 'reload'>;
  /** what there is to say when all is back */
  readonly hint: string;
}

/** Puts all back. Nothing interrupts it: the web server is to run with what is there. */
async function takenBack(
  reason: Finding,
  { part: { file }, written, linked, hasReloaded, webServer, hint }: Undone,
): Promise<CertbotHaError> {
  const isChanged = written.isChanged || linked.isChanged;
  const left = [...(await linked.undo()), ...(await written.undo())];
  const again = isChanged && hasReloaded ? await webServer.reload(timeLimit(LIMITS.reloadMs)) : null;
  const findings = [reason, ...left, ...(again?.isOk === false ? [again.reason] : [])];
  if (!isChanged) return refused(findings, `nothing was written: ${file} was there already`);
  return left.length > 0 ? refused(findings) : refused(findings, hint);
}

async function linkPart({ link }: PartPlace, root: string, isForced: boolean): Promise<Written> {
  const steps: Step[] = [];
  const undo = async () => await takeBack(steps);
  if (link === null) return { lines: [], isChanged: false, undo };
  const name = join(root, link.name);
  if ((await readLink(name)) === link.target) return { lines: [], isChanged: false, undo };
  const isThere = await exists(name);
  if (isThere && !isForced) throw filesDiffer([name]);
  try {
    const before = isThere ? ` (before: ${await keepCopy(name, new Date(), steps)})` : '';
    await switchLink(name, link.target);
    if (!isThere) steps.push({ file: name, undo: async () => await removeIfThere(name) });
    return { lines: [`linked: ${name}${before}`], isChanged: true, undo };
  } catch (error) {
    throw withLeft(explained(error, name), await takeBack(steps));
  }
}

function refused(reasons: readonly Finding[], hint?: string): CertbotHaError {
  return new CertbotHaError('failed', reasons, hint === undefined ? {} : { hint });
}
