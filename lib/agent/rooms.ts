import { expectedFindings } from '../base/expected.ts';
import { deadline } from '../system/deadline.ts';
import { unlessHung } from '../system/hung.ts';
import { roomIn, type Room } from '../system/room.ts';

type Look = (directory: string) => Promise<Room>;

/** Who asks waits for more than this. */
const LOOK_TIMEOUT_MS = 1_000;

/** Tells what is left where the agent writes; null where the file system does not answer, or cannot be asked. */
export function createRooms<Place extends string>(
  directories: Readonly<Record<Place, string>>,
  look: Look = roomIn,
): () => Promise<Readonly<Record<Place, Room | null>>> {
  const places = Object.entries<string>(directories).map(
    ([place, directory]) => [place, createRoom(directory, look)] as const,
  );
  return async () => {
    const rooms = await Promise.all(places.map(async ([place, room]) => [place, await room()] as const));
    return Object.fromEntries(rooms) as Record<Place, Room | null>;
  };
}

function createRoom(directory: string, look: Look): () => Promise<Room | null> {
  // One call that hangs holds a thread, and each other one would hold another: who asks meanwhile waits for the same.
  let looking: Promise<Room> | null = null;
  const ask = async () => {
    looking ??= look(directory).finally(() => {
      looking = null;
    });
    // In the agent's unit all is mounted read-only that it may not write to: that says nothing of the host.
    return { ...(await looking), isReadOnly: false };
  };
  return async () => {
    try {
      return await unlessHung(directory, deadline(LOOK_TIMEOUT_MS), ask);
    } catch (error) {
      expectedFindings(error);
      return null;
    }
  };
}
