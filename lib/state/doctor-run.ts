import * as v from 'valibot';
import { expectedFindings } from '../base/expected.ts';
import { wordsOf } from '../findings/words.ts';
import { time } from '../lineage/schemas.ts';
import { DAY_MS } from '../system/spans.ts';
import type { Turn } from '../system/in-turn.ts';
import { readJsonFile, writeJsonFile, type OnDamage } from './json-file.ts';
import { layoutOf } from './layout.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const doctorRunSchema = v.object({
  /** ISO 8601: when it had ended */
  at: time,
  node: v.string(),
  /** the worst of its checks */
  result: v.picklist(['pass', 'warn', 'fail']),
  checks: v.object({ pass: count, warn: count, fail: count }),
  complaints: v.array(
    v.object({
      /** the check's name */
      check: v.string(),
      result: v.picklist(['warn', 'fail']),
      /** the register's */
      code: v.string(),
      /** for people, perhaps of several lines; with the node that it is about, where that is another one */
      message: v.string(),
    }),
  ),
});

/** How doctor's last run that was recorded has ended. */
export type DoctorRun = Readonly<v.InferOutput<typeof doctorRunSchema>>;

/** Its timer runs it once a day. */
const OLD_RUN_MS = 2 * DAY_MS;

/** Whether doctor has not run for two days: what it has found then tells nothing of today. */
export function isOldRun({ at }: Pick<DoctorRun, 'at'>, nowMs: number): boolean {
  return nowMs - Date.parse(at) > OLD_RUN_MS;
}

/** What is known of that run. */
export type DoctorSeen =
  | { readonly state: 'run'; readonly run: DoctorRun }
  /** none was recorded on this node */
  | { readonly state: 'none' }
  /** there is something that is none, or cannot be read: `empty` */
  | { readonly state: 'unreadable'; readonly why: string };

/** What `stateDir/doctor.json` has. @param turn for the look at it; default: no limit */
export async function seeDoctorRun(stateDir: string, onDamage: OnDamage, turn?: Turn): Promise<DoctorSeen> {
  const { doctor: file } = layoutOf(stateDir);
  const read = async () => await readJsonFile(file, doctorRunSchema);
  let reading;
  try {
    reading = await (turn ? turn(read) : read());
  } catch (error) {
    return { state: 'unreadable', why: wordsOf(expectedFindings(error)[0]) };
  }
  if (reading.state === 'damaged') {
    onDamage(reading.damage);
    return { state: 'unreadable', why: reading.damage.why };
  }
  onDamage.sound?.(file);
  return reading.state === 'read' ? { state: 'run', run: reading.value } : { state: 'none' };
}

/** The same where a damaged file counts as absent. */
export async function readDoctorRun(stateDir: string, onDamage: OnDamage): Promise<DoctorRun | null> {
  const seen = await seeDoctorRun(stateDir, onDamage);
  return seen.state === 'run' ? seen.run : null;
}

/** Rejects where it cannot be written. */
export async function writeDoctorRun(stateDir: string, run: DoctorRun): Promise<void> {
  const { doctor, backup } = layoutOf(stateDir);
  await writeJsonFile(doctor, run, { mode: 0o644, isDurable: false, isIndented: true }, backup);
}
