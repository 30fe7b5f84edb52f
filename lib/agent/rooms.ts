import { roomIn, type Room } from '../system/room.ts';
import { sharedLook } from '../system/shared-look.ts';

type Look = (directory: string) => Promise<Room>;

/** Tells what is left where the agent writes; null where the file system does not answer, or cannot be asked. */
export function createRooms<Place extends string>(
  directories: Readonly<Record<Place, string>>,
  look: Look = roomIn,
): () => Promise<Readonly<Record<Place, Room | null>>> {
  const places = Object.entries<string>(directories).map(
    ([place, directory]) => [place, sharedLook(directory, async () => await look(directory))] as const,
  );
  return async () => {
    const rooms = await Promise.all(places.map(async ([place, room]) => [place, await room()] as const));
    return Object.fromEntries(rooms) as Record<Place, Room | null>;
  };
}
