import { failure, type Outcome } from '../base/outcome.ts';
import type { Finding } from '../findings/register.ts';
import { LIMITS } from '../system/limits.ts';
import type { TimeLimit } from '../system/time-limit.ts';
import type { WebServer } from './web-server.ts';

/** A program's time may begin a little before it is started. */
const SPARE_MS = 100;

/** What had no time for its test. */
export const OUT_OF_TIME: Finding = { code: 'installer-out-of-time', seconds: LIMITS.roundMs / 1000 };

/**
 * The web server's test. One that has failed when the limit was over, and not the time that every test has, may have been
 * cut off, or not even begun: that tells nothing of a certificate, and the reason is `installer-out-of-time`.
 */
export async function testWithin(webServer: Pick<WebServer, 'test'>, limit: TimeLimit): Promise<Outcome> {
  const isShort = limit.leftMs() < LIMITS.testMs;
  const tested = await webServer.test(limit);
  if (tested.isOk) return tested;
  const isCutOff = limit.signal?.aborted === true || (isShort && limit.leftMs() <= SPARE_MS);
  return isCutOff ? failure(OUT_OF_TIME) : tested;
}

/** The first of the two that fails, or that both went well. */
export async function testAndReload(
  webServer: Pick<WebServer, 'test' | 'reload'>,
  limit: TimeLimit,
): Promise<Outcome> {
  const tested = await testWithin(webServer, limit);
  return tested.isOk ? await webServer.reload(limit) : tested;
}
