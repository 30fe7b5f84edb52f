import type { NodeStatus } from '../../channel/protocol.ts';
import type { ClusterNode, Config } from '../../cluster/config.ts';
import { inboxDirectory } from '../../inbox/layout.ts';
import { unlessHung } from '../../system/hung.ts';
import { isReadOnly, roomIn, type Room } from '../../system/room.ts';
import type { Told } from '../agents-told.ts';
import { complaint, judged, type Check, type Complaint } from '../check.ts';

/** A bundle, a copy of a lineage and a journal need little, but not nothing. */
const LEAST = { fail: { mebibytes: 16, inodes: 100 }, warn: { mebibytes: 128, inodes: 1_000 } } as const;

/** There is room where certbot-ha and certbot write; of the other nodes, where their agents do. */
export const disk: Check = {
  name: 'disk',
  run: async ({ cluster: { config, self }, agents, webrootAnswers, signal }) => {
    const own = (await webrootAnswers()) ? [self.webroot] : []; // else its own check tells of it
    const directories = [config.stateDir, config.certificates.configDir, ...own];
    const rooms = await Promise.all(
      directories.map(async (directory) => ({
        directory,
        room: await unlessHung(directory, signal, async () => ({
          ...(await roomIn(directory)),
          isReadOnly: await isReadOnly(directory),
        })),
      })),
    );
    const there = ((await agents()) ?? []).filter(({ isSelf, node }) => !isSelf && !node.isDrained);
    const telling = there.filter(({ answer }) => answer.isOk && isTold(answer.body.rooms));
    const least = Math.min(...rooms.map(({ room }) => room.mebibytes));
    const beside = telling.length === 0 ? '' : `; on ${telling.map(({ node }) => node.name).join(', ')} too`;
    return judged(
      [
        ...rooms.flatMap(({ directory, room }) => complaintsOf(directory, room)),
        ...telling.flatMap((one) => complaintsThere(one, config)),
      ],
      `${least} MiB or more left in ${directories.join(', ')}${beside}`,
    );
  },
};

function isTold(rooms: NodeStatus['rooms']): boolean {
  return rooms !== undefined && (rooms.inbox !== null || rooms.webroot !== null);
}

/** The configuration says which directories they are: that of the agents is compared elsewhere. */
function complaintsThere({ node, answer }: Told, config: Config): readonly Complaint[] {
  const rooms = answer.isOk ? answer.body.rooms : undefined;
  if (rooms === undefined) return [];
  const places = [
    [inboxDirectory({ config, self: node, peers: [] }), rooms.inbox],
    [node.webroot, rooms.webroot],
  ] as const;
  return places.flatMap(([directory, room]) => (room === null ? [] : complaintsOf(directory, room, node)));
}

export function complaintsOf(
  directory: string,
  { mebibytes, inodes, isReadOnly: isFixed = false }: Room & { readonly isReadOnly?: boolean },
  node?: ClusterNode,
): readonly Complaint[] {
  const where = node === undefined ? {} : { on: node };
  if (isFixed) return [complaint('fail', { code: 'file-system-read-only', directory }, where)];
  const level = (left: number, what: keyof (typeof LEAST)['fail']): Complaint['level'] | null =>
    left < LEAST.fail[what] ? 'fail' : left < LEAST.warn[what] ? 'warn' : null;
  const [room, files] = [level(mebibytes, 'mebibytes'), inodes === null ? null : level(inodes, 'inodes')];
  return [
    ...(room === null ? [] : [complaint(room, { code: 'little-room', directory, mebibytes }, where)]),
    ...(files === null || inodes === null
      ? []
      : [complaint(files, { code: 'few-inodes', directory, inodes }, where)]),
  ];
}
