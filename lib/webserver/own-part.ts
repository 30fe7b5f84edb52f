import { challengePart, type PartKind } from './challenge-part.ts';

/** Bytes; a part has less. */
export const MAX_PART_BYTES = 16_384;

/**
 * Where a part that `snippet` has written asks for what the webroot lacks, as `HOST:PORT`; null: nowhere. Undefined where the text is
 * another one, or somebody has changed it since.
 */
export function lookupOfOwn(kind: PartKind, webroot: string, text: string): string | null | undefined {
  const places = text.match(/[\w.:[\]]+:\d+/g) ?? [];
  return [null, ...places].find((lookup) => challengePart(kind, webroot, lookup) === text);
}
