import { join } from 'node:path';
import { entriesOf, orNone, textOf } from '../system/read-file.ts';

/** A line of cron's that runs certbot renew. */
export interface CronJob {
  readonly file: string;
  /** it does nothing where systemd runs the host, as Debian's */
  readonly isLeftToSystemd: boolean;
  /** it asks certbot-ha is-issuer first */
  readonly asksWho: boolean;
}

const FILES = ['etc/crontab', 'etc/anacrontab', 'var/spool/cron/crontabs/root', 'var/spool/cron/root'];
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
  const files = [...FILES, ...inDirectories.flat()].map((file) => join(root, file));
  const jobs = await Promise.all(
    files.map(async (file) => jobsIn(file, (await orNone(textOf(file), null)) ?? '')),
  );
  return jobs.flat();
}

/** One at the most: a file with two is no better. */
function jobsIn(file: string, text: string): readonly CronJob[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const renewing = lines.filter((line) => /\bcertbot(?:-auto)?\b.*\srenew\b/.test(line));
  if (renewing.length === 0) return [];
  // A script may ask in a line of its own.
  const whole = lines.join('\n');
  return [
    {
      file,
      isLeftToSystemd: whole.includes('/run/systemd/system'),
      asksWho: /certbot-ha\S* (?:\S+ )*is-issuer/.test(whole),
    },
  ];
}
