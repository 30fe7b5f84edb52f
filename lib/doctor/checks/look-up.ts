import { randomBytes } from 'node:crypto';
import { MADE_UP_NAME, madeUpFor, type Challenge } from '../../challenge/challenge.ts';
import type { ChannelClient } from '../../channel/client.ts';
import { CHALLENGES, REMOVALS } from '../../channel/protocol.ts';
import { lookupPlaceOf } from '../../cluster/admin-place.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ClusterNode } from '../../cluster/config.ts';
import { listenPlaceOf } from '../../cluster/listen-place.ts';
import { isProbed, targetsOf, type Target } from '../../cluster/target.ts';
import { createChallengeProbe } from '../../gate/challenge-probe.ts';
import type { ProbeResult } from '../../gate/probe.ts';
import type { Finding, FindingCode } from '../../findings/register.ts';
import { typed } from '../../findings/step.ts';
import { deadline } from '../../system/deadline.ts';
import { orNone, textOf } from '../../system/read-file.ts';
import { SELINUX_ENFORCE } from '../../system/selinux.ts';
import { complaint, judged, passed, skipped, type Check, type Complaint, type Outcome } from '../check.ts';
import type { Context } from '../context.ts';
import { allowingSteps, lookupSteps, partHere } from '../lookup-steps.ts';
import { isServedHere } from '../served-here.ts';
import { challengesMs } from './challenges.ts';

/** Two looks, and what is presented for them. */
const LOOKS_MS = 25_000;
/** Also when the time of this check is over. */
const REMOVE_TIMEOUT_MS = 3_000;

/** What only a peer has is served by this node's web server: it asks the agent, which asks the peers. */
export const lookUp: Check = {
  name: 'look-up',
  needsWebroot: true,
  timeoutMs: (context) => LOOKS_MS + challengesMs(context),
  run: async (context) => {
    const { cluster, client, drill, agents } = context;
    const place = lookupPlaceOf(cluster);
    if (place === null)
      return skipped(
        'agent.lookup or agent.adminListen is off, nodes need no agents, or they share the webroot',
      );
    if (drill === null) return skipped('left out by --no-drill');
    const target = targetsOf(cluster).find(({ isSelf }) => isSelf);
    if (client === null || target === undefined || !isProbed(target))
      return skipped('this node is not probed');
    const answering = ((await agents()) ?? []).filter(({ answer }) => answer.isOk);
    if (!answering.some(({ isSelf }) => isSelf)) return skipped("this node's agent does not answer");
    const peer = answering.find(({ isSelf, node }) => !isSelf && !node.isDrained)?.node;
    if (peer === undefined) return skipped('no peer answers');
    if (!(await isServedHere(context))) return skipped('this node serves no challenges');
    return await withOneAt(peer, { ...context, client }, async (look) => {
      const seen = await look(target);
      if (seen.state === 'served') return passed(`what this node lacks is asked for at ${place}`);
      const direct = await look(agentOf(target, place));
      if (direct.state !== 'served') return ofAgent(direct, place, peer);
      return judged([await ofWebServer(seen.reason, { cluster, place, peer })], '');
    });
  },
};

type Look = (target: Target) => Promise<ProbeResult>;

/** A made-up challenge that one peer has, until it was looked for. */
async function withOneAt(
  peer: ClusterNode,
  { cluster, client, names, signal }: Context & { readonly client: ChannelClient },
  use: (look: Look) => Promise<Outcome>,
): Promise<Outcome> {
  const [identifier = MADE_UP_NAME] = await names();
  const token = randomBytes(32).toString('base64url');
  const challenge: Challenge = { identifier, token, keyAuthorization: madeUpFor(token) };
  const probe = createChallengeProbe({ identifiers: [identifier], vips: cluster.config.vips });
  try {
    const body = { challenges: [{ token, keyAuthorization: challenge.keyAuthorization }] };
    const answer = await client.request(peer, 'PUT', CHALLENGES, { body, signal });
    if (!answer.isOk) return skipped(`${peer.name} takes no challenge`);
    return await use(async (target) => await probe(target, challenge, signal));
  } finally {
    const limit = deadline(REMOVE_TIMEOUT_MS);
    await client.request(peer, 'POST', REMOVALS, { body: { tokens: [token] }, signal: limit });
  }
}

/** Where the web server is to ask. */
function agentOf(target: Target, place: string): Target {
  const { host: address = target.address, port: httpPort = target.httpPort } = listenPlaceOf(place) ?? {};
  return { ...target, address, httpPort, isBehindProxy: false };
}

function ofAgent(direct: ProbeResult, place: string, peer: ClusterNode): Outcome {
  if (direct.state === 'failing' && direct.reason.code === 'token-not-found')
    return skipped(
      `asked at ${place}: ${peer.name} did not answer within 2 s, or its version knows no look-up`,
    );
  const next = typed('systemctl restart certbot-ha-agent; journalctl -u certbot-ha-agent -n 20');
  return judged([complaint('warn', { code: 'lookup-silent', place }, { next })], '');
}

/** What the web server answers where it does not ask for what it lacks. Anything else tells itself what is wrong. */
const UNASKED: ReadonlySet<FindingCode> = new Set(['token-not-found', 'other-site-answers']);

interface Asked {
  readonly cluster: Cluster;
  readonly place: string;
  /** who alone has the challenge */
  readonly peer: ClusterNode;
}

async function ofWebServer(reason: Finding, { cluster, place, peer }: Asked): Promise<Complaint> {
  const { config, self } = cluster;
  const part = await partHere({ config, self });
  const isEnforcing = (await orNone(textOf(SELINUX_ENFORCE), null))?.trim() === '1';
  const letAsk = isEnforcing ? allowingSteps(part, place) : [];
  const told = UNASKED.has(reason.code)
    ? complaint('warn', foundIn(part, place), { next: lookupSteps(config, part, place) })
    : complaint('warn', reason, { of: `a challenge that only ${peer.name} has`, config });
  return { ...told, next: [...letAsk, ...told.next] };
}

function foundIn(part: Awaited<ReturnType<typeof partHere>>, place: string) {
  const { file = null, asked } = part ?? {};
  if (file !== null && typeof asked === 'string' && asked !== place)
    return { code: 'lookup-elsewhere', file, asked, place } as const;
  return { code: 'lookup-missing', file: asked === null ? file : null, place } as const;
}
