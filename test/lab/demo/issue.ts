import { readAccesses } from './access-log.ts';
import { startCertbot, type CertbotRun } from './certbot-run.ts';
import { must } from './failure.ts';
import type { Stage } from './stage.ts';
import { validateWhileTheVipMoves } from './validation.ts';

/** Obtains the certificate, with the VIP on the move. Resolves to when certbot was started, in ms since the epoch. */
export async function issue(stage: Stage): Promise<number> {
  const { lab, screen, stopwatch, names, cast } = stage;
  screen.heading(`certbot runs on ${cast.issuer.name}, while ${cast.holder.name} holds the VIP`);
  const certbot = startCertbot(stage, cast.issuer, [
    ['certonly', '--manual', '--preferred-challenges', 'http'],
    ['--manual-auth-hook', 'certbot-ha-auth', '--manual-cleanup-hook', 'certbot-ha-cleanup'],
    ['--deploy-hook', 'certbot-ha-deploy'],
    names.flatMap((name) => ['-d', name]),
  ]);
  try {
    await certbot.until('its auth hooks were through', () => certbot.authHooks() === names.length);
    stopwatch.lap('certbot and its auth hooks');
    await showPresence(stage, certbot);
    await validateWhileTheVipMoves(stage, certbot);
    stopwatch.lap('validation by the CA');
    screen.heading(lab.kind === 'booted' ? 'The certificate, on every node' : 'The certificate');
    await certbot.ended();
    stopwatch.lap('clean-up, issue and deploy hook');
  } finally {
    await certbot.stop();
  }
  return certbot.startedAtMs;
}

/** Every node has the tokens now, and the gate's requests for them are in its log. */
async function showPresence({ lab, screen, names }: Stage, { startedAtMs }: CertbotRun): Promise<void> {
  const accesses = await readAccesses(lab, startedAtMs);
  for (const node of lab.nodes) {
    const tokens = await node.tokens();
    must(tokens.length === names.length, `${node.name} has ${tokens.length} tokens, not ${names.length}`);
    const served = accesses.filter(
      (one) => one.node === node.name && one.by === 'gate' && one.status === 200,
    );
    const atVip = served.filter(({ to }) => lab.vips.includes(to)).length;
    const vip = atVip === 0 ? '' : ` and ${atVip} at the VIP`;
    const seen = `the gate has seen ${served.length - atVip} at ${node.address}${vip}`;
    screen.event(node.name, `has ${tokens.length} tokens; ${seen}`);
  }
}
