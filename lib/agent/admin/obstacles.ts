import type { Webroot } from '../../challenge/webroot.ts';
import { CertbotHaError } from '../../base/errors.ts';
import { expectedFindings } from '../../base/expected.ts';
import type { Finding } from '../../findings/register.ts';
import { isFull, type FileSystem } from '../../system/room.ts';
import { sharedLook } from '../../system/shared-look.ts';

/** What keeps an agent that listens from taking challenges. A file system that does not answer within a second is one. */
export function createObstacles(
  webroot: Pick<Webroot, 'check' | 'directory'>,
  fileSystem?: Pick<FileSystem, 'statfs'>,
): () => Promise<readonly Finding[]> {
  const look = sharedLook(webroot.directory, async (): Promise<readonly Finding[]> => {
    try {
      const { directory } = webroot;
      await webroot.check();
      if (!(await isFull(directory, fileSystem))) return [];
      return [{ code: 'token-not-written', directory, error: 'ENOSPC' }];
    } catch (error) {
      return error instanceof CertbotHaError ? error.findings : expectedFindings(error);
    }
  });
  return async () => (await look()) ?? [{ code: 'file-system-silent', place: webroot.directory }];
}
