import { inTurn, type Turn } from '../system/in-turn.ts';
import { roomIn, type Room } from '../system/room.ts';
import { sharedLook } from '../system/shared-look.ts';

type Look = (directory: string) => Promise<Room>;

/**
 * Tells what is left where the agent writes; null where the file system does not answer, or cannot be asked.
 * @param turns those of places that others look at as well
 */
export function createRooms<Place extends string>(
  directories: Readonly<Record<Place, string>>,
  turns: { readonly [P in Place]?: Turn } = {},
  look: Look = roomIn,
): () => Promise<Readonly<Record<Place, Room | null>>> {
  const places = (Object.keys(directories) as Place[]).map((place) => {
    const directory = directories[place];
    const turn = turns[place] ?? inTurn(directory);
    const room = sharedLook(directory, async () => await turn(async () => await look(directory)));
    return [place, room] as const;
  });
  return async () => {
    const rooms = await Promise.all(places.map(async ([place, room]) => [place, await room()] as const));
    return Object.fromEntries(rooms) as Record<Place, Room | null>;
  };
}
