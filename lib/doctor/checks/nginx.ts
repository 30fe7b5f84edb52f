import { realpath } from 'node:fs/promises';
import { orNone } from '../../system/read-file.ts';
import { withAdminPath } from '../../system/admin-path.ts';
import { endOf } from '../../system/ended.ts';
import { defaultCommands, MAX_DUMP_CHARS } from '../../webserver/kinds.ts';
import { nginxChallenges } from '../../webserver/nginx-challenges.ts';
import { complaint, judged, passed, skipped, type Check, type Outcome } from '../check.ts';
import type { Context } from '../context.ts';
import { isServedHere } from '../served-here.ts';
import { challengesMs } from './challenges.ts';

const DUMP_TIMEOUT_MS = 5_000;

/** nginx has a location for challenges, with the webroot of this node. Whether it is the one that answers is for the drill to tell. */
export const nginx: Check = {
  name: 'nginx',
  needsWebroot: true,
  timeoutMs: (context) => DUMP_TIMEOUT_MS + challengesMs(context),
  run: async (context) => {
    const { self, config } = context.cluster;
    const { kind, test, runsOn } = config.webServer;
    const { dump } = defaultCommands(kind, false);
    if (dump === undefined) return skipped(`the web server is ${kind === 'none' ? 'not told' : kind}`);
    if (self.isDrained) return skipped(`${self.name} is drained`);
    // It may run in a container, or by another file.
    if (test) return skipped('webServer.test is a command of its own');
    const limits = { timeoutMs: DUMP_TIMEOUT_MS, maxChars: MAX_DUMP_CHARS, signal: context.signal };
    const said = await context.run(dump, { ...limits, env: withAdminPath(context.env) });
    if (said.code !== 0) {
      const { command, end, said: lines } = endOf(dump, { ...said, stdout: '' });
      const isForRoot = process.getuid?.() !== 0 && lines.some((line) => line.includes('Permission denied'));
      if (isForRoot) return skipped('only root may read its configuration');
      // Without the VIP it may be unable to listen there, and is to run elsewhere.
      if (said.trouble !== null || runsOn === 'holder') return skipped(`${command}: ${end}`);
      return judged([complaint('fail', { code: 'web-server-test-failed', command, end, said: lines })], '');
    }
    if (said.stdout.length >= MAX_DUMP_CHARS) return skipped('its configuration is too long');
    return await judge(said.stdout, context);
  },
};

async function judge(dump: string, context: Context): Promise<Outcome> {
  const { self, config } = context.cluster;
  const told = nginxChallenges(dump, self.webroot);
  if (told.is === 'served') return passed(`a location for challenges has root ${self.webroot}`);
  const roots = told.is === 'elsewhere' ? told.roots : [];
  if (told.is === 'unsure' || (await isOneOf(self.webroot, roots)))
    return skipped('what it does with challenges is not told by its configuration alone');
  if (await isServedHere(context))
    return skipped('serves made-up challenges, whatever its configuration tells');
  const found = { code: 'location-missing', webroot: self.webroot, roots } as const;
  return judged([complaint('warn', found, { config })], '');
}

/** By another way there. */
async function isOneOf(webroot: string, roots: readonly string[]): Promise<boolean> {
  const [own = null, ...others] = await Promise.all(
    [webroot, ...roots].map(async (path) => await orNone(realpath(path), null)),
  );
  return own !== null && others.includes(own);
}
