import * as v from 'valibot';
import { readJsonFile, type Damage } from './json-file.ts';

export interface ListReading<T> {
  readonly file: string;
  readonly entries: readonly T[];
  /** of the whole, or of some entries; null: none */
  readonly damage: Damage | null;
  readonly isThere: boolean;
}

const listSchema = v.array(v.unknown());

/** What a file of a list holds, entry by entry: one that is not as it should be costs no other one. */
export async function readJsonList<T>(
  file: string,
  schema: v.GenericSchema<unknown, T>,
): Promise<ListReading<T>> {
  const reading = await readJsonFile(file, listSchema);
  if (reading.state === 'absent') return { file, entries: [], damage: null, isThere: false };
  if (reading.state === 'damaged') return { file, entries: [], damage: reading.damage, isThere: true };
  const checked = reading.value.map((entry) => v.safeParse(schema, entry));
  const bad = checked.flatMap(({ issues }, index) =>
    issues ? [`entry ${index + 1} (${v.getDotPath(issues[0]) ?? 'the whole'})`] : [],
  );
  return {
    file,
    entries: checked.flatMap((entry) => (entry.success ? [entry.output] : [])),
    damage: bad.length === 0 ? null : { file, why: bad.join(', '), entries: bad },
    isThere: true,
  };
}
