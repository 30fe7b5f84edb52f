import { basename, dirname, join } from 'node:path';
import { entriesOf, exists, orNone, textOf } from '../system/read-file.ts';
import { asksByName, asksWho, renews } from './renews.ts';
import { scriptsIn, withoutComments } from './scripts.ts';

/** A line of cron's that runs certbot renew. */
export interface CronJob {
  readonly file: string;
  /** it does nothing where systemd runs the host, as Debian's */
  readonly isLeftToSystemd: boolean;
  /** it asks certbot-ha is-issuer first */
  readonly asksWho: boolean;
  /** the script that the line runs, and that runs certbot; absent: the line does */
  readonly script?: string;
  /** it asks by a name that PATH does not lead to, as cron has it by default: what is not found is no yes, and nothing is renewed */
  readonly isUnfound?: true;
}

const CRONTAB = 'etc/crontab';
const ANACRONTAB = 'etc/anacrontab';
const FILES = [CRONTAB, ANACRONTAB];
/** A file a user. */
const CRONTABS = ['var/spool/cron/crontabs', 'var/spool/cron'];
const DIRECTORIES = [
  'etc/cron.d',
  'etc/cron.hourly',
  'etc/cron.daily',
  'etc/cron.weekly',
  'etc/cron.monthly',
];

/** What cron runs by a file, with the scripts that it names by their paths. */
export interface CronFile {
  /** below the root */
  readonly file: string;
  readonly text: string;
  readonly scripts: ReadonlyMap<string, string>;
}

/** All files of cron's that have a job, of every user, without comments. @param root where the files are; default: / */
export async function readCron(root = '/'): Promise<readonly CronFile[]> {
  const namesIn = async (directory: string, isName: (name: string) => boolean) =>
    (await orNone(entriesOf(join(root, directory)), [])).filter(isName).map((name) => join(directory, name));
  const found = await Promise.all([
    ...CRONTABS.map(async (directory) => await namesIn(directory, isUser)),
    // cron passes over names with a dot, such as those that dpkg leaves.
    ...DIRECTORIES.map(async (directory) => await namesIn(directory, (name) => /^[\w-]+$/.test(name))),
  ]);
  const read = async (file: string) => {
    const text = await readAt(root, file);
    return { file, text, scripts: text === '' ? new Map<string, string>() : await scriptsIn(text, root) };
  };
  const files = await Promise.all([...FILES, ...found.flat()].map(read));
  return files.filter(({ text }) => text !== '');
}

/** cron's own files begin with a dot; `crontabs` is the directory of the others. */
function isUser(name: string): boolean {
  return !name.startsWith('.') && name !== 'crontabs';
}

async function readAt(root: string, file: string): Promise<string> {
  return withoutComments((await orNone(textOf(join(root, file)), null)) ?? '').trim();
}

/** Those of this host. @param root where its files are; default: / */
export async function renewingJobs(root = '/', files?: readonly CronFile[]): Promise<readonly CronJob[]> {
  const jobs = (files ?? (await readCron(root))).map(async (one) => await jobsIn(one, root));
  return (await Promise.all(jobs)).flat();
}

/** One at the most: a file with two is no better. */
async function jobsIn({ file, text, scripts }: CronFile, root: string): Promise<readonly CronJob[]> {
  const [script, code] = renews(text) ? [] : ([...scripts].find(([, one]) => renews(one)) ?? []);
  if (!renews(text) && code === undefined) return [];
  // A script may ask in a line of its own, and who runs a script before that.
  const whole = [text, code].filter((one) => one !== undefined).join('\n');
  const paths = [whole, ...(await startersOf(file, root))].map(pathIn).find((path) => path !== null);
  const isUnfound = asksByName(whole) && !(await leadsTo(paths ?? DEFAULT_PATH, root));
  return [
    {
      file: join(root, file),
      isLeftToSystemd: whole.includes('/run/systemd/system'),
      asksWho: asksWho(whole),
      ...(script !== undefined && { script }),
      ...(isUnfound && { isUnfound }),
    },
  ];
}

const DEFAULT_PATH = '/usr/bin:/bin';

/** A script in one of the directories has the PATH of the crontab that runs them all: anacron's where there is one. */
async function startersOf(file: string, root: string): Promise<readonly string[]> {
  const directory = basename(dirname(file));
  if (!directory.startsWith('cron.') || directory === 'cron.d') return [];
  const starters = directory === 'cron.hourly' ? [CRONTAB] : [ANACRONTAB, CRONTAB];
  return await Promise.all(starters.map(async (starter) => await readAt(root, starter)));
}

/** What the last PATH= line of it says. */
function pathIn(text: string): string | null {
  const lines = [...text.matchAll(/^\s*(?:export\s+)?PATH\s*=\s*["']?([^"'\n]+)/gm)];
  return lines.at(-1)?.[1]?.replaceAll(/\$\{?PATH\}?/g, DEFAULT_PATH) ?? null;
}

async function leadsTo(path: string, root: string): Promise<boolean> {
  const found = path
    .split(':')
    .map(async (directory) => await exists(join(root, directory.trim(), 'certbot-ha')));
  return (await Promise.all(found)).includes(true);
}
