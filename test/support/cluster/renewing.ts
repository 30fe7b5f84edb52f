import { join } from 'node:path';
import { deaf } from '../programs/deaf-server.ts';
import { run, type Ended } from '../programs/program.ts';
import { DIST } from './built.ts';
import { makeChallenge } from './challenge.ts';
import { onGround, type Ground } from './ground.ts';
import { NAME, nodeOn, type PairNode } from './pair.ts';
import { serveWebroot } from './site.ts';

export { expect, NAME, test } from './pair.ts';

/** Two nodes that work, web1 of which renews, and the address of a third one. */
export interface Renewing {
  readonly web1: PairNode;
  readonly web2: PairNode;
  /** which may be away */
  readonly web3: PairNode;
  readonly ports: Ground['ports'];
  /** From now on nothing answers at web3, as where its cable is pulled. Resolves to what ends that. */
  readonly pullCable: (...ports: readonly ('http' | 'https' | 'agent')[]) => Promise<() => Promise<void>>;
  /** certbot's auth hook alone. */
  readonly auth: () => Promise<Ended>;
  /** certbot's clean-up hook alone. */
  readonly cleanUp: () => Promise<Ended>;
  /** certbot's three hooks for one lineage, one after the other. */
  readonly renew: () => Promise<Readonly<Record<'auth' | 'cleanup' | 'deploy', Ended>>>;
}

/** @param gate of the configuration of all */
export async function onRenewing(
  directory: string,
  gate: object,
  use: (renewing: Renewing) => Promise<void>,
): Promise<void> {
  await onGround(directory, 3, async (ground) => {
    const { ports, keep } = ground;
    const ofAll = { httpPort: ports.http, ...gate };
    const [web1, web2, web3] = [
      await nodeOn(ground, 0, ofAll),
      await nodeOn(ground, 1, ofAll),
      await nodeOn(ground, 2, ofAll),
    ];
    for (const node of [web1, web2]) keep(await serveWebroot(node.webroot, node.address, ports.http));
    await use({
      ...{ web1, web2, web3, ports },
      pullCable: async (...named) => {
        const wanted = named.length > 0 ? named : (['http', 'https', 'agent'] as const);
        const silences = await Promise.all(wanted.map(async (port) => await deaf(web3.address, ports[port])));
        for (const silence of silences) keep(silence);
        return async () => void (await Promise.all(silences.map(async ({ kill }) => await kill())));
      },
      auth: async () => await hooksOf(web1)('auth'),
      cleanUp: async () => await hooksOf(web1)('cleanup'),
      renew: async () => {
        const hook = hooksOf(web1);
        const [auth, cleanup] = [await hook('auth'), await hook('cleanup')];
        return { auth, cleanup, deploy: await web1.deployHook(NAME) };
      },
    });
  });
}

/** The environment that certbot gives the hooks of one challenge. */
function hooksOf(node: PairNode) {
  const { identifier, token, keyAuthorization } = makeChallenge(NAME);
  const env = {
    ...node.env,
    ...{ CERTBOT_DOMAIN: identifier, CERTBOT_IDENTIFIER: identifier },
    ...{ CERTBOT_TOKEN: token, CERTBOT_VALIDATION: keyAuthorization, CERTBOT_REMAINING_CHALLENGES: '0' },
    ...{ CERTBOT_ALL_DOMAINS: identifier, CERTBOT_ALL_IDENTIFIERS: identifier },
  };
  return async (name: 'auth' | 'cleanup') =>
    await run([process.execPath, join(DIST, `hooks/${name}.js`)], { env });
}
