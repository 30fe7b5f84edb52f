import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import type { LabNode } from '../lab.ts';
import { must } from './failure.ts';
import { configuration } from './open.ts';
import { renew } from './renew.ts';
import { inSeconds } from './screen.ts';
import { placesOf, serialsServed, showServed } from './served.ts';
import type { Stage } from './stage.ts';

/** The host that renews loses its power; the one that gets the VIP carries on, and the lost one catches up. */
export async function takeOver(stage: Stage): Promise<void> {
  const { lab, screen, stopwatch } = stage;
  const lost = await lab.holder();
  screen.heading(`The host that renews is lost: ${lost.name} loses its power`);
  const account = await accountOn(stage, lost);
  const startedMs = screen.elapsedMs();
  await lost.powerOff();
  screen.event(lost.name, 'is off', 'notable');
  const holder = await lab.holder();
  must(holder !== lost, `${lost.name} is off and has the VIP`);
  const time = inSeconds(screen.elapsedMs() - startedMs);
  screen.event('vip', `is on ${holder.name} ${time} after that`, 'notable');
  const left = lab.nodes.filter((node) => node !== lost);
  await lab.configure(configuration(lab, lost), { nodes: left, restartAgents: false });
  const others = left.map(({ name }) => name).join(', ');
  screen.event(
    'all',
    `${others} get drained: true for ${lost.name}, or each step would wait some seconds for it`,
  );
  await showIssuers(stage, left, holder);
  const places = placesOf({ nodes: left, vips: lab.vips });
  await renew(stage, { node: holder, places, before: await showServed(stage, places) });
  await proveSameAccount(stage, holder, account);
  stopwatch.lap('a host is lost, the next one renews');
  await bringBack(stage, lost);
  stopwatch.lap('the lost host is brought up to date');
}

/** What the drop-in of certbot's unit asks. */
async function showIssuers({ screen }: Stage, nodes: readonly LabNode[], holder: LabNode): Promise<void> {
  const answers = nodes.map(async (node) => ({ node, ...(await node.run(['certbot-ha', 'is-issuer'])) }));
  for (const { node, code, stdout, stderr } of await Promise.all(answers)) {
    const said = stdout.trim();
    must(
      code === (node === holder ? 0 : 1),
      `${node.name}: is-issuer: exit ${code}: ${said} ${stderr.trim()}`,
    );
    screen.event(node.name, `is-issuer: ${said}`);
  }
}

async function accountOn({ names }: Stage, node: LabNode): Promise<string> {
  const conf = await node.readFile(join(node.paths.letsencrypt, 'renewal', `${names[0]}.conf`));
  return /^account = (\w+)$/m.exec(conf)?.[1] ?? 'none';
}

/** By the conf and by the CA: nobody has registered a second one. */
async function proveSameAccount(stage: Stage, node: LabNode, account: string): Promise<void> {
  const { lab, screen } = stage;
  const now = await accountOn(stage, node);
  must(now === account, `${node.name} renews with account ${now}, and not with ${account}`);
  const counts = [...(await lab.caLog()).matchAll(/There are now (\d+) accounts/g)].map(([, count]) => count);
  must(counts.join() === '1', `accounts that the CA has counted: ${counts.join(', ') || 'none'}`);
  screen.event('ca', `knows one account, ${account.slice(0, 8)}…, whichever host asks`);
}

const UP_TO_DATE_WITHIN_MS = 60_000;

async function bringBack(stage: Stage, lost: LabNode): Promise<void> {
  const { lab, screen, signal } = stage;
  screen.heading(`${lost.name} comes back, is drained no more, and is brought up to date by itself`);
  const startedMs = screen.elapsedMs();
  await lab.configure(configuration(lab), {
    nodes: lab.nodes.filter((node) => node !== lost),
    restartAgents: false,
  });
  await lost.boot();
  screen.event(lost.name, `has booted, and serves ${await serialAt(stage, lost)}`, 'notable');
  const [newest] = (await serialsServed(stage, placesOf({ nodes: [], vips: lab.vips }))).values();
  while ((await serialAt(stage, lost)) !== newest) {
    signal.throwIfAborted();
    const elapsedMs = screen.elapsedMs() - startedMs;
    must(elapsedMs < UP_TO_DATE_WITHIN_MS, `${lost.name} is not up to date after ${inSeconds(elapsedMs)}`);
    await pause(100);
  }
  await showServed(stage, placesOf(lab));
}

async function serialAt(stage: Stage, { name, address }: LabNode): Promise<string> {
  const [serial = 'none'] = (await serialsServed(stage, [{ name, address }])).values();
  return serial;
}
