import { orNone, textOf } from './read-file.ts';

const MOUNTS = '/proc/self/mountinfo';

/** Where filesystems are mounted, and directories bound, as this process sees it; none where Linux does not tell. */
export async function mountPoints(): Promise<readonly string[]> {
  return mountPointsIn((await orNone(textOf(MOUNTS), null)) ?? '');
}

/** In the text of mountinfo(5), where a space in a name is \040. */
export function mountPointsIn(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((place) => place !== undefined)
    .map((place) =>
      place.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCodePoint(Number.parseInt(octal, 8)),
      ),
    );
}
