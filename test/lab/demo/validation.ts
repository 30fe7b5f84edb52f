import type { CertbotRun } from './certbot-run.ts';
import { must } from './failure.ts';
import { VALIDATION_SLEEP_SECONDS } from './open.ts';
import { inSeconds } from './screen.ts';
import type { Stage } from './stage.ts';
import { watchValidation } from './watch-validation.ts';

/** The CA fetches each challenge several times; after its first fetch the VIP goes to another node. */
export async function validateWhileTheVipMoves(stage: Stage, certbot: CertbotRun): Promise<void> {
  const { lab, screen, names } = stage;
  screen.heading('The CA validates, and meanwhile the VIP moves');
  await certbot.until('the CA began to validate', async () => /Sleeping for/.test(await lab.caLog()));
  const most = VALIDATION_SLEEP_SECONDS - 1;
  screen.event('ca', `fetches each challenge 3 times, each time after a wait of 0 to ${most} s`);
  const watch = watchValidation(stage, certbot);
  try {
    await certbot.until('the CA had fetched anything', () => watch.progress().fetches > 0);
    await moveVip(stage);
    await certbot.until('the CA was satisfied', () => watch.progress().valid === names.length);
  } finally {
    await watch.stop();
  }
}

async function moveVip({ lab, screen, stopwatch, cast: { holder, successor } }: Stage): Promise<void> {
  screen.event('vip', `${holder.name} gives up ${lab.vips.join(', ')}`, 'notable');
  const startedMs = screen.elapsedMs();
  await stopwatch.within('the VIP moves', () => lab.moveVip(successor));
  const now = await lab.holder();
  must(now === successor, `the VIP is on ${now.name} and not on ${successor.name}`);
  const time = inSeconds(screen.elapsedMs() - startedMs);
  screen.event('vip', `has moved from ${holder.name} to ${now.name} in ${time}`, 'notable');
}
