import { basename, dirname, join } from 'node:path';
import { entriesOf, exists, orNone, textOf } from '../system/read-file.ts';
import { asksByName, asksWho, renews } from '../certbot/renews.ts';
import { scriptsIn, withoutComments } from '../certbot/scripts.ts';

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
const FILES = [CRONTAB, ANACRONTAB, 'var/spool/cron/crontabs/root', 'var/spool/cron/root'];
const DIRECTORIES = [
  'etc/cron.d',
  'etc/cron.hourly',
  'etc/cron.daily',
  'etc/cron.weekly',
  'etc/cron.monthly',
];

/** Those of this host. @param root where its files are; default: / */
export async function renewingJobs(root = '/'): Promise<readonly CronJob[]> {
  const inDirectories = await Promise.all(
    DIRECTORIES.map(async (directory) =>
      // cron passes over names with a dot, such as those that dpkg leaves.
      (await orNone(entriesOf(join(root, directory)), []))
        .filter((name) => /^[\w-]+$/.test(name))
        .map((name) => join(directory, name)),
    ),
  );
  const read = async (file: string) => withoutComments((await orNone(textOf(join(root, file)), null)) ?? '');
  const jobs = await Promise.all(
    [...FILES, ...inDirectories.flat()].map(
      async (file) => await jobsIn(file, await read(file), { root, read }),
    ),
  );
  return jobs.flat();
}

interface Host {
  readonly root: string;
  readonly read: (file: string) => Promise<string>;
}

/** One at the most: a file with two is no better. */
async function jobsIn(file: string, text: string, { root, read }: Host): Promise<readonly CronJob[]> {
  const scripts = renews(text) ? [] : [...(await scriptsIn(text, root))];
  const [script, code] = scripts.find(([, one]) => renews(one)) ?? [];
  if (!renews(text) && code === undefined) return [];
  // A script may ask in a line of its own, and who runs a script before that.
  const whole = [text, code].filter((one) => one !== undefined).join('\n');
  const paths = [whole, ...(await startersOf(file, read))].map(pathIn).find((path) => path !== null);
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
async function startersOf(file: string, read: Host['read']): Promise<readonly string[]> {
  const directory = basename(dirname(file));
  if (!directory.startsWith('cron.') || directory === 'cron.d') return [];
  return [...(directory === 'cron.hourly' ? [] : [await read(ANACRONTAB)]), await read(CRONTAB)];
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
