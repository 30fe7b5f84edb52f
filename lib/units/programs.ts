import { mkdir, realpath, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError, isAbsent } from '../base/errors.ts';
import { readLink, statOf } from '../system/read-file.ts';
import { removeIfThere, switchLink } from '../system/write-file.ts';
import { beforeOf, type HostOptions } from './files.ts';
import { noted, plan, todo, type Plan } from './step.ts';

/** Each command and its file in `dist/`, as package.json has them. */
export const COMMANDS = {
  'certbot-ha': 'cli.js',
  'certbot-ha-auth': 'hooks/certbot-ha-auth',
  'certbot-ha-cleanup': 'hooks/certbot-ha-cleanup',
  'certbot-ha-deploy': 'hooks/deploy.js',
  'certbot-ha-installer': 'installer.js',
} as const;

/** What earlier versions have linked, in this installation as well: it works, and starts Node.js for each name. */
const FORMER: Readonly<Record<string, string>> = {
  'certbot-ha-auth': 'hooks/auth.js',
  'certbot-ha-cleanup': 'hooks/cleanup.js',
};

/** Where systemd, and so certbot's hooks, find programs. */
export const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin'] as const;
const LINKS = '/usr/local/bin';

/** The directory in which systemd finds this installation's commands; where it finds none, that for the links. */
export async function binOf(dist: string, root: string): Promise<string> {
  for (const bin of SYSTEM_PATH) {
    if ((await leadsTo(join(root, bin, 'certbot-ha'))) === join(dist, COMMANDS['certbot-ha'])) return bin;
  }
  return LINKS;
}

/**
 * Links for those commands that are not there yet.
 * @throws {CertbotHaError} `failed` where something else has the name of one, unless that is to be replaced
 */
export async function linking(dist: string, bin: string, options: HostOptions): Promise<Plan> {
  const links = linksIn(join(options.root, bin), dist);
  const taken = await Promise.all(links.map(isTaken));
  const others = links.filter((_, index) => taken[index]).map(({ place }) => place);
  if (others.length > 0 && !options.isForced) {
    const hint = 'another certbot-ha: certbot-ha uninstall removes it, --force takes its place';
    throw new CertbotHaError('failed', { code: 'files-differ', files: others }, { hint });
  }
  return plan(...(await Promise.all(links.map(async (link) => await linkingOne(link, options.now)))));
}

interface Link {
  readonly place: string;
  readonly target: string;
  /** the target of an earlier version */
  readonly former: string;
}

function linksIn(bin: string, dist: string): readonly Link[] {
  return Object.entries(COMMANDS).map(([name, file]) => ({
    place: join(bin, name),
    target: join(dist, file),
    former: join(dist, FORMER[name] ?? file),
  }));
}

async function linkingOne({ place, target }: Link, now: Date): Promise<Plan> {
  if ((await leadsTo(place)) === target) return noted(`already there: ${place}`);
  const there = await statOf(place);
  if (there === null) {
    return todo(`link ${place} to ${target}`, place, async () => {
      await mkdir(dirname(place), { recursive: true });
      await symlink(target, place);
    });
  }
  if (there.isSymbolicLink()) {
    const before = (await readLink(place)) ?? '';
    return todo(`link ${place} to ${target}, in place of ${before}`, place, async () => {
      await switchLink(place, target);
    });
  }
  const before = beforeOf(place, now);
  return todo(`link ${place} to ${target}, and keep what is there: ${before}`, place, async () => {
    await rename(place, before);
    await symlink(target, place);
  });
}

/** Removes the links that install has made, or a hand; those of npm are npm's. */
export async function unlinking(dist: string, root: string): Promise<Plan> {
  // One directory may have two names.
  const bins = new Set(await Promise.all(SYSTEM_PATH.map(async (bin) => await leadsTo(join(root, bin)))));
  const places = [...bins].flatMap((bin) => linksIn(bin ?? root, dist));
  return plan(...(await Promise.all(places.map(async (link) => await unlinkingOne(link, dist)))));
}

async function unlinkingOne({ place, target, former }: Link, dist: string): Promise<Plan> {
  const link = await readLink(place);
  const [own, end] = [[target, former], await leadsTo(place)];
  if (link === null || (!own.includes(link) && !own.includes(end ?? ''))) return noted();
  if (!own.includes(link) && isNpms(dist)) return noted(`left: ${place}: npm's`);
  return todo(`remove ${place}`, place, async () => await removeIfThere(place));
}

/** Whether npm has put the programs there: it has made links of its own. */
export function isNpms(dist: string): boolean {
  return dist.includes('/node_modules/');
}

/** By something that is not this installation's; a link that leads nowhere is nobody's any more. */
async function isTaken({ place, target, former }: Link): Promise<boolean> {
  const end = await leadsTo(place);
  if (end !== null) return end !== target && end !== former;
  const there = await statOf(place);
  return there !== null && !there.isSymbolicLink();
}

async function leadsTo(place: string): Promise<string | null> {
  try {
    return await realpath(place);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
