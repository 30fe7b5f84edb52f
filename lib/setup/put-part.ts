import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CertbotHaError } from '../base/errors.ts';
import type { Finding } from '../findings/register.ts';
import { LIMITS } from '../system/limits.ts';
import { exists, readLink } from '../system/read-file.ts';
import { atMost, timeLimit } from '../system/time-limit.ts';
import { removeIfThere } from '../system/write-file.ts';
import { challengePart, placeFor, type PartKind, type PartPlace } from '../webserver/challenge-part.ts';
import { testAndReload, testWithin } from '../webserver/tested.ts';
import type { WebServer } from '../webserver/web-server.ts';
import { putFiles, refuseDiffering, type NewFile } from './put-files.ts';

export interface PutPartOptions {
  readonly kind: PartKind;
  readonly webroot: string;
  readonly isForced: boolean;
  readonly webServer: Pick<WebServer, 'test' | 'reload'>;
  readonly signal: AbortSignal;
  /** below which the web server's files are; default: the root directory */
  readonly root?: string;
}

const MODE = 0o644;

/**
 * Puts the part for challenges where the distribution has room for it, tests the web server and reloads it. Resolves to what was done,
 * a line each.
 * @throws {CertbotHaError} `usage` where there is no room; `failed` where another file is there, or the web server refuses: then all is
 * as it was
 */
export async function putPart(options: PutPartOptions): Promise<readonly string[]> {
  const { kind, webroot, isForced, webServer, signal, root = '/' } = options;
  const place = placeFor(kind, (directory) => existsSync(join(root, directory)));
  if (place === null) {
    const hint = `certbot-ha snippet ${kind} prints it`;
    throw new CertbotHaError('usage', { code: 'snippet-without-place', kind }, { hint });
  }
  const file = join(root, place.file);
  const part: NewFile = { file, content: challengePart(kind, webroot), mode: MODE, gid: null };
  await refuseDiffering([part], isForced);
  const limit = timeLimit(2 * LIMITS.testMs + LIMITS.reloadMs, signal);
  const before = await testWithin(webServer, atMost(LIMITS.testMs, limit));
  if (!before.isOk) throw refused(before.reason, 'nothing was written: its test has to pass before');
  const written = await putFiles([part], { isForced });
  const linked = await linkPart(place, root).catch(async (error: unknown) => {
    await written.undo();
    throw error;
  });
  const after = await testAndReload(webServer, limit);
  if (!after.isOk) {
    await linked.undo();
    await written.undo();
    throw refused(after.reason, `undone: ${file} is as it was`);
  }
  const use = place.use === null ? [] : [`to use it, add ${place.use}`];
  return [...written.lines, ...linked.lines, 'tested, and reloaded if it runs', ...use];
}

async function linkPart({ link }: PartPlace, root: string) {
  const nothing = { lines: [], undo: async () => {} };
  if (link === null) return nothing;
  const name = join(root, link.name);
  if ((await readLink(name)) === link.target) return nothing;
  if (await exists(name)) throw new CertbotHaError('failed', { code: 'files-differ', files: [name] });
  await symlink(link.target, name);
  return { lines: [`linked: ${name}`], undo: async () => void (await removeIfThere(name)) };
}

function refused(reason: Finding, hint: string): CertbotHaError {
  return new CertbotHaError('failed', reason, { hint });
}
