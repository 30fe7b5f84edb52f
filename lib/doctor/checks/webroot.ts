import { randomBytes } from 'node:crypto';
import { challengeAbilitiesOf } from '../../cluster/abilities.ts';
import { CHALLENGES, REMOVALS } from '../../channel/protocol.ts';
import { webrootOf } from '../../challenge/webroot-of.ts';
import { deadline } from '../../system/deadline.ts';
import { unlessHung } from '../../system/hung.ts';
import { typed } from '../../findings/step.ts';
import { letAgentWrite } from '../file-steps.ts';
import { complaint, judged, skipped, type Check } from '../check.ts';

/** Also when the time of this check is over. */
const REMOVE_TIMEOUT_MS = 3_000;

/** Root can write into the webroot and, where this node's agent answers, so can the agent, as it has to for the other nodes. */
export const webroot: Check = {
  name: 'webroot',
  run: async ({ cluster, client, agents, webrootAnswers, standby, signal }) => {
    const { self, config } = cluster;
    if (self.isDrained) return skipped(`${self.name} is drained`);
    // Before any other look there: each one that hangs holds one of the few threads for files.
    if (!(await webrootAnswers()))
      return judged([complaint('fail', { code: 'file-system-silent', place: self.webroot })], '');
    const waiting = await standby();
    if (waiting !== null) return skipped(waiting);
    const { directory, canWrite } = webrootOf(cluster);
    await unlessHung(self.webroot, signal, canWrite);
    const isThere = (await agents())?.some(({ isSelf, answer }) => isSelf && answer.isOk) ?? false;
    if (client === null || !isThere) return judged([], directory);
    const token = randomBytes(32).toString('base64url');
    const challenges = [{ token, keyAuthorization: `${token}.${randomBytes(32).toString('base64url')}` }];
    const answer = await client.request(self, 'PUT', CHALLENGES, { body: { challenges }, signal });
    await client.request(self, 'POST', REMOVALS, {
      body: { tokens: [token] },
      signal: deadline(REMOVE_TIMEOUT_MS),
    });
    // Where nodes share a webroot, an agent only removes what was forgotten there.
    const level = challengeAbilitiesOf(config).isWebrootShared ? 'warn' : 'fail';
    const next = typed(letAgentWrite(directory, config.transport));
    return judged(
      answer.isOk ? [] : [complaint(level, answer.reason, { of: 'this node', next })],
      `${directory}: root and the agent can write there`,
    );
  },
};
