import { hasErrorCode } from '../base/errors.ts';
import { renewalConfOf } from '../certbot/config-dir.ts';
import { renewerOf } from '../certbot/renewal-data.ts';
import type { Finding } from '../findings/register.ts';
import { certificateIn } from '../lineage/certificate.ts';
import { currentGeneration } from '../lineage/current.ts';
import { namesOf } from '../lineage/names.ts';
import type { Entry } from '../state/journal.ts';
import type { Records } from '../state/records.ts';
import { exists, textOf } from '../system/read-file.ts';
import { fileOf, placeOf, type Place } from './generations.ts';

/** What was here of a lineage before a bundle for it. */
export interface Before {
  /** its renewal configuration; null: there is none, or none that can be read */
  readonly conf: string | null;
  /** why nobody can tell whom certbot trusts for it here; null: it can be told, or the lineage is not here */
  readonly unknown: Finding | null;
  /** what its certificate is for */
  readonly names: readonly string[];
}

/** What is here now. */
export async function beforeNow(
  configDir: string,
  lineage: string,
  records: Pick<Records, 'installedOf'>,
): Promise<Before> {
  const file = renewalConfOf(configDir, lineage);
  const { conf, problem } = await confIn(file);
  const isHere = await exists(placeOf(configDir, lineage).live);
  const here = await currentGeneration(configDir, lineage);
  // A certificate that cannot be read has the names that it was installed with.
  const recorded = here === null && isHere ? await records.installedOf(lineage) : null;
  // A link that leads nowhere is no sign that the lineage is not here.
  const isNew = problem?.code === 'file-missing' && !isHere && !(await exists(file));
  return {
    conf,
    unknown: isNew ? null : problem,
    names: (here ?? recorded)?.names ?? [],
  };
}

/** What was here before an installation that was interrupted. */
export async function beforeEntry(
  entry: Entry,
  place: Place,
  records: Pick<Records, 'installedOf'>,
): Promise<Before> {
  const { lineage, conf, previous } = entry;
  const file = renewalConfOf(place.configDir, lineage);
  const problem = conf === null ? missing(file) : problemOf(conf, file);
  const isNew = previous === null && conf === null;
  // Where it is damaged, its record tells.
  const was = previous === null ? null : certificateIn(await textOf(fileOf(place, 'cert.pem', previous)));
  const recorded = previous === null ? null : await records.installedOf(lineage);
  return { conf, unknown: isNew ? null : problem, names: (was && namesOf(was)) ?? recorded?.names ?? [] };
}

interface Conf {
  readonly conf: string | null;
  readonly problem: Finding | null;
}

/** What the disk does not give now is not taken for nothing: that fails. */
async function confIn(file: string): Promise<Conf> {
  try {
    const conf = await textOf(file);
    return { conf, problem: conf === null ? missing(file) : problemOf(conf, file) };
  } catch (error) {
    if (!hasErrorCode(error, 'EISDIR', 'ENXIO', 'EFBIG')) throw error;
    return { conf: null, problem: { code: 'file-unreadable', file, error: error.code } };
  }
}

function missing(file: string): Finding {
  return { code: 'file-missing', file };
}

/** A full disk leaves an empty one, or half of one. */
function problemOf(conf: string, file: string): Finding | null {
  return renewerOf(conf).authenticator === null ? { code: 'conf-without-authenticator', file } : null;
}
