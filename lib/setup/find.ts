import type { InterfaceAddress } from '../cluster/machine.ts';
import { DEFAULT_WEBROOT, WEB_SERVER_KINDS } from '../cluster/schema.ts';
import type { Finding } from '../findings/register.ts';
import { orNone } from '../system/read-file.ts';
import type { WebServerKind } from '../webserver/kinds.ts';
import { findWebServer } from './find-web-server.ts';
import { readKeepalived, type Keepalived } from './keepalived.ts';
import { membersOf } from './members.ts';
import { namedNodes, type NameOf } from './names.ts';
import { createReader, type Reader } from './reader.ts';

const USUAL_KEEPALIVED = '/etc/keepalived/keepalived.conf';

/** What was found of a setting, as the operator would type it. */
export interface FoundSetting {
  /** null: nothing decides it */
  readonly words: readonly string[] | null;
  /** what may help to decide it */
  readonly seen: readonly string[];
}

export interface Found {
  readonly nodes: FoundSetting;
  readonly vips: FoundSetting;
  readonly webroot: FoundSetting;
  readonly webServer: FoundSetting;
  /** every VIP that keepalived has; null: not known, as not all of its configuration could be read */
  readonly kept: readonly string[] | null;
  readonly problems: readonly Finding[];
}

type Given = Readonly<
  Partial<Record<'nodes' | 'vips' | 'webroot' | 'webServer', readonly string[] | undefined>>
>;

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** keepalived's configuration, which has to be there; null: the usual one, if there is one */
  readonly keepalived: string | null;
  /** what nobody has to look for: it is given */
  readonly given: Given;
  readonly hostname: string;
  readonly interfaces: readonly InterfaceAddress[];
  readonly look?: NameOf;
  /** where configurations of web servers are; default: / */
  readonly root?: string;
}

/** Looks for what this host tells of a cluster. Changes nothing. */
export async function findSettings(options: FindOptions): Promise<Found> {
  const { env, signal, given, hostname, interfaces, look, root = '/' } = options;
  const isWebrootWanted = given.webroot === undefined;
  const reader = createReader(signal);
  const [{ instances, unreadable, isNeeded }, webServer] = await Promise.all([
    keepalivedFor(options, reader),
    findWebServer({ env, signal, reader, given: givenKind(given), isWebrootWanted, root }),
  ]);
  const { self, candidates, peers, leftOut, vips } = membersOf(instances, interfaces);
  const isLeftOut = leftOut.length > 0 && given.nodes === undefined;
  const ownName = env['CERTBOT_HA_NODE'] || (hostname.split('.')[0] ?? '');
  const named = await namedNodes(self, peers, { ownName, ...(look && { look }) });
  const nodes = named.map(({ name, address }) => `${name}=${address}`);
  return {
    nodes: {
      // One node is no cluster: the others are known to the operator alone.
      words: self !== null && peers.length > 0 ? nodes : null,
      seen: self === null ? [...candidates, ...peers] : nodes,
    },
    vips: { words: vips.length > 0 ? vips : null, seen: vips },
    webroot: { words: [webServer.webroot ?? DEFAULT_WEBROOT], seen: [] },
    webServer: {
      words: webServer.kind === null ? null : [webServer.kind],
      seen: webServer.candidates,
    },
    kept: unreadable.length === 0 ? vips : null,
    problems: [
      ...(isNeeded ? unreadable : []),
      ...(isLeftOut ? [{ code: 'peers-left-out', addresses: leftOut, peers } as const] : []),
      ...webServer.problems,
    ],
  };
}

function givenKind({ webServer }: Given): WebServerKind | undefined {
  return WEB_SERVER_KINDS.find((kind) => kind === webServer?.[0]);
}

async function keepalivedFor(
  { keepalived, given, hostname }: FindOptions,
  reader: Reader,
): Promise<Keepalived & { readonly isNeeded: boolean }> {
  const file = keepalived ?? USUAL_KEEPALIVED;
  const isMissing = keepalived !== null && (await orNone(reader.text(file), '')) === null;
  // Where both are given, it is there for a doubt alone.
  const isNeeded = given.nodes === undefined || given.vips === undefined;
  if (isMissing) return { instances: [], unreadable: [{ code: 'keepalived-missing', file }], isNeeded };
  return { ...(await readKeepalived(file, { hostname, reader })), isNeeded };
}
