import { join } from 'node:path';
import * as v from 'valibot';
import { TOKENS_BELOW_WEBROOT } from '../../challenge/challenge.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { peersInService } from '../../cluster/drained.ts';
import type { Finding } from '../../findings/register.ts';
import { createSyncthingApi, type SyncthingApi } from './api.ts';
import { readApiKey } from './api-key.ts';
import { createRealPath, findFolder, type Folder } from './folder.ts';

const statusSchema = v.object({ myID: v.string() });
const devicesSchema = v.array(v.object({ deviceID: v.string(), name: v.optional(v.string(), '') }));
const connectionsSchema = v.object({
  connections: v.record(v.string(), v.object({ connected: v.boolean() })),
});
const folderStatusSchema = v.object({ error: v.optional(v.string(), '') });
const completionSchema = v.object({
  needItems: v.optional(v.number(), 0),
  needDeletes: v.optional(v.number(), 0),
  globalItems: v.optional(v.number(), 0),
  /** of what the device has told; 0: nothing yet */
  sequence: v.optional(v.number(), 1),
  /** not before version 1.20 */
  remoteState: v.optional(v.string(), ''),
});

/** Of an id of 56 letters and digits the first group tells it from all others that one has. */
const SHORT_ID_LENGTH = 7;

/**
 * What keeps this node's Syncthing from bringing tokens to the other nodes, as far as it knows.
 * @throws {CertbotHaError} `config` for a bad file of the API key
 */
export async function lookAtSyncthing(
  { config: { syncthing }, self, peers }: Cluster,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { url, apiKeyFile } = syncthing;
  const api = createSyncthingApi({ url, key: readApiKey(apiKeyFile), keyFile: apiKeyFile });
  try {
    const directory = join(self.webroot, TOKENS_BELOW_WEBROOT);
    const found = await findFolder(api, syncthing, directory, { signal, realPath: createRealPath() });
    if (!found.isOk) return [found.reason];
    return await lookAtFolder(found.folder, {
      ask: asking(api, url, signal),
      peers: peersInService({ peers }).length,
    });
  } catch (error) {
    if (error instanceof Unanswered) return [error.reason];
    throw error;
  } finally {
    await api.close();
  }
}

/** Ends a look at the first question that is not answered. */
class Unanswered extends Error {
  readonly reason: Finding;

  constructor(reason: Finding) {
    super(reason.code);
    this.reason = reason;
  }
}

type Ask = <const T extends v.GenericSchema>(path: string, schema: T) => Promise<v.InferOutput<T>>;

function asking(api: SyncthingApi, url: string, signal: AbortSignal): Ask {
  return async (path, schema) => {
    const answer = await api.get(path, signal);
    if (!answer.isOk) throw new Unanswered(answer.reason);
    const read = v.safeParse(schema, answer.body);
    if (!read.success) throw new Unanswered({ code: 'syncthing-not-understood', url });
    return read.output;
  };
}

async function lookAtFolder(
  { id: folder, devices, ignoreDelete, versioning: { type } }: Folder,
  { ask, peers }: { readonly ask: Ask; readonly peers: number },
): Promise<readonly Finding[]> {
  const query = new URLSearchParams({ folder });
  const [{ myID }, names, { connections }, { error }] = await Promise.all([
    ask('/rest/system/status', statusSchema),
    ask('/rest/config/devices', devicesSchema),
    ask('/rest/system/connections', connectionsSchema),
    ask(`/rest/db/status?${query.toString()}`, folderStatusSchema),
  ]);
  if (error !== '') return [{ code: 'syncthing-folder-fails', folder, error }];
  const others = devices.map(({ deviceID }) => deviceID).filter((id) => id !== myID);
  const ofDevices = await Promise.all(
    others.map(async (id): Promise<Finding | null> => {
      const name = names.find(({ deviceID }) => deviceID === id)?.name;
      const of = { device: name || id.slice(0, SHORT_ID_LENGTH), folder };
      if (connections[id]?.connected !== true) return { code: 'syncthing-device-away', ...of };
      const share = new URLSearchParams({ folder, device: id });
      const seen = await ask(`/rest/db/completion?${share.toString()}`, completionSchema);
      const isUntold = seen.remoteState === '' && seen.sequence === 0 && seen.globalItems > 0;
      if (isUntold || seen.remoteState === 'notSharing') return { code: 'syncthing-device-unshared', ...of };
      const items = seen.needItems + seen.needDeletes;
      return items === 0 ? null : { code: 'syncthing-device-behind', ...of, items };
    }),
  );
  return [
    ...(others.length < peers
      ? [{ code: 'syncthing-folder-narrow', folder, devices: others.length, peers } as const]
      : []),
    ...(type === '' ? [] : [{ code: 'syncthing-folder-versions', folder, type } as const]),
    ...(ignoreDelete ? [{ code: 'syncthing-folder-keeps', folder } as const] : []),
    ...ofDevices.filter((one) => one !== null),
  ];
}
