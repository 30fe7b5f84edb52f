import { challengeAbilitiesOf, lineageAbilitiesOf } from '../../cluster/abilities.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Config } from '../../cluster/config.ts';
import { plainNameOf } from '../../cluster/target.ts';
import { layoutOf } from '../../state/layout.ts';
import { fileSystemAt, wordsOfFileSystem } from '../../system/file-system.ts';
import { complaint, judged, skipped, type Check, type Complaint, type Outcome } from '../check.ts';
import type { Context, Share } from '../context.ts';
import { byMount, complaintsOf, detailOf, notShared, type Looked } from '../sharing-judged.ts';

/** Before and after the looks: what is recorded, written, and taken away again. */
const AROUND_MS = 25_000;

/** What this node writes into the webroot is there for all, soon, and also where it was asked for too early. */
export const sharing: Check = {
  name: 'sharing',
  needsWebroot: true,
  timeoutMs: ({ share }) => (share?.boundMs ?? 0) + AROUND_MS,
  run: async (context) => {
    const { cluster, share, standby } = context;
    const { config } = cluster;
    const inbox = await inboxComplaints(config);
    const { shared } = layoutOf(config.stateDir);
    if (!challengeAbilitiesOf(config).isWebrootShared)
      return sharesInboxes(config) ? judged(inbox, shared) : skipped('each node has files of its own');
    const waiting = await standby();
    if (waiting !== null) return skipped(waiting);
    return await ofWebroot(context, cluster, { share, inbox });
  },
};

async function ofWebroot(
  { names, agents, signal }: Context,
  { config, self }: Cluster,
  { share, inbox }: { readonly share: Share | null; readonly inbox: readonly Complaint[] },
): Promise<Outcome> {
  const directory = self.webroot;
  const seen = await share?.measure((await names())[0], signal);
  // What is mounted when somebody looks there is mounted by now.
  const fileSystem = await fileSystemAt(directory);
  if (fileSystem === null) return skipped('this system does not tell what is mounted');
  // Where the holder of the VIP has it mounted alone, something is mounted, and be it of a disk of this host.
  const isMountedAlone = config.webServer.runsOn === 'holder' && fileSystem.place !== '/';
  const own = { fileSystem, isMountedAlone };
  if (share === null || seen === undefined)
    return judged([...byMount({ ...own, directory, config }), ...inbox], wordsOfFileSystem(fileSystem));
  const looked: Looked = { ...own, seen, boundMs: share.boundMs, config, directory };
  const told = ((await agents()) ?? []).flatMap(({ node, answer }) =>
    answer.isOk && answer.body.fileSystem ? [{ node: node.name, fileSystem: answer.body.fileSystem }] : [],
  );
  const targets = seen.map(({ target, ...times }) => ({ target: plainNameOf(target), ...times }));
  return {
    ...judged([...complaintsOf(looked), ...inbox], detailOf(looked)),
    measured: { fileSystem, boundMs: share.boundMs, targets, nodes: told },
  };
}

function sharesInboxes(config: Config): boolean {
  return lineageAbilitiesOf(config).inbox === 'shared' && config.certificates.mode === 'shared';
}

/** What is mounted on the directory of all inboxes. */
async function inboxComplaints(config: Config): Promise<readonly Complaint[]> {
  if (!sharesInboxes(config)) return [];
  const { shared } = layoutOf(config.stateDir);
  const [own, around] = [await fileSystemAt(shared), await fileSystemAt(config.stateDir)];
  // Nothing is mounted there, neither a directory that is bound.
  const isMissing = own?.kind === 'local' && own.place === around?.place;
  return isMissing ? [complaint('fail', notShared(shared, own))] : [];
}
