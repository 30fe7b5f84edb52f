import * as v from 'valibot';
import { time } from '../lineage/schemas.ts';
import { valueIn, writeJsonFile, type OnDamage } from './json-file.ts';
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

/** `stateDir/doctor.json`. A damaged file counts as absent. */
export async function readDoctorRun(stateDir: string, onDamage: OnDamage): Promise<DoctorRun | null> {
  return await valueIn(layoutOf(stateDir).doctor, doctorRunSchema, onDamage);
}

/** Rejects where it cannot be written. */
export async function writeDoctorRun(stateDir: string, run: DoctorRun): Promise<void> {
  const { doctor, backup } = layoutOf(stateDir);
  await writeJsonFile(doctor, run, { mode: 0o644, isDurable: false, isIndented: true }, backup);
}
