import { link, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertbotHaError, isUnreadable } from '../base/errors.ts';
import { ALL_OWN_UNITS } from '../cluster/own-units.ts';
import { entriesOf, exists, readLink, textOf } from '../system/read-file.ts';
import { removeIfThere, writeNew, writeWhole } from '../system/write-file.ts';
import { asWritten, isAsWritten } from './as-written.ts';
import { noted, todo, type Plan } from './step.ts';

/** A file of ours on this host. */
export interface HostFile {
  /** where it belongs, below the root */
  readonly file: string;
  /** as the build has it, with this host's paths; null: this version has no such file any more */
  readonly text: string | null;
}

export interface HostOptions {
  /** below which the host's files are: / but in tests */
  readonly root: string;
  readonly isForced: boolean;
  readonly now: Date;
}

export const UNITS = '/etc/systemd/system';
const DROP_IN = 'certbot-ha.conf';
const KINDS = ['sysusers.d', 'tmpfiles.d'] as const;
const MODE = 0o644;

/** absent; `same`, as this version has it; `older`, as install has written it; `masked`, by systemctl; `changed` by somebody. */
type State = 'absent' | 'same' | 'older' | 'masked' | 'changed';

/** All but the drop-ins. */
export const OWN_FILES: readonly string[] = [
  ...KINDS.map((kind) => `/etc/${kind}/${DROP_IN}`),
  ...ALL_OWN_UNITS.map((unit) => `${UNITS}/${unit}`),
];

/** A file that this version has. */
export interface SourceFile extends HostFile {
  readonly text: string;
}

/** Those, with their texts. @param bin the directory in which units find the commands */
export async function ownFiles(dist: string, bin: string): Promise<readonly SourceFile[]> {
  return await Promise.all([
    ...KINDS.map(async (kind) => await sourced(dist, `${kind}/${DROP_IN}`, `/etc/${kind}/${DROP_IN}`, bin)),
    ...ALL_OWN_UNITS.map(async (name) => await sourced(dist, name, `${UNITS}/${name}`, bin)),
  ]);
}

/** What asks, for each of these services, whether this node is to renew. */
export async function dropIns(
  dist: string,
  bin: string,
  services: readonly string[],
): Promise<readonly SourceFile[]> {
  const source = `certbot.service.d/${DROP_IN}`;
  return await Promise.all(
    services.map(async (service) => await sourced(dist, source, dropInOf(service), bin)),
  );
}

export function dropInOf(service: string): string {
  return `${UNITS}/${service}.d/${DROP_IN}`;
}

/** The services that have a drop-in by its name, whoever has written it. */
export async function servicesWithDropIn(root: string): Promise<readonly string[]> {
  const directories = (await entriesOf(join(root, UNITS))).filter((name) => name.endsWith('.service.d'));
  const services = directories
    .map((name) => name.slice(0, -'.d'.length))
    .filter((name) => !name.startsWith('certbot-ha'));
  const found = await Promise.all(
    services.map(async (service) => await exists(join(root, dropInOf(service)))),
  );
  return services.filter((_, index) => found[index]).toSorted();
}

/** Puts it there, or says why not. */
export async function placing(entry: SourceFile, options: HostOptions): Promise<Plan> {
  const file = join(options.root, entry.file);
  const content = asWritten(entry.text);
  const state = await stateOf(file, entry.text);
  switch (state) {
    case 'same':
      return noted(`already there: ${file}`);
    case 'absent':
      return todo(`write ${file}`, file, async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeNew(file, content, { mode: MODE });
      });
    case 'older':
      return todo(`update ${file}`, file, async () => await writeWhole(file, content, { mode: MODE }));
    case 'masked':
    case 'changed': {
      if (!options.isForced)
        return noted(`kept: ${file}: ${whyKept(state, file, 'install --force replaces')}`);
      const before = beforeOf(file, options.now);
      return todo(`replace ${file}, and keep a copy: ${before}`, file, async () => {
        await link(file, before);
        await writeWhole(file, content, { mode: MODE });
      });
    }
  }
}

/** Takes it away, or says why not. */
export async function removal(entry: HostFile, options: HostOptions): Promise<Plan> {
  const file = join(options.root, entry.file);
  const state = await stateOf(file, entry.text);
  switch (state) {
    case 'absent':
      return noted();
    case 'same':
    case 'older':
      return todo(`remove ${file}`, file, async () => await removeIfThere(file));
    case 'masked':
    case 'changed': {
      if (!options.isForced)
        return noted(`left: ${file}: ${whyKept(state, file, 'uninstall --force removes')}`);
      const before = beforeOf(file, options.now);
      return todo(`remove ${file}, and keep a copy: ${before}`, file, async () => await rename(file, before));
    }
  }
}

function whyKept(state: 'masked' | 'changed', file: string, forced: string): string {
  if (state === 'masked')
    return `masked; to have it again: systemctl unmask ${file.slice(file.lastIndexOf('/') + 1)}`;
  return `not as certbot-ha install writes it; certbot-ha ${forced} it, and keeps a copy`;
}

/** The name of a copy. */
export function beforeOf(file: string, now: Date): string {
  return `${file}.before-${now.toISOString().replaceAll(/[-:]/g, '')}`;
}

async function stateOf(file: string, text: string | null): Promise<State> {
  if (!(await exists(file))) return 'absent';
  if ((await readLink(file)) === '/dev/null') return 'masked';
  const found = await textOf(file).catch((error: unknown) => {
    if (isUnreadable(error)) return null;
    throw error;
  });
  if (found === null) return 'changed';
  // By hand, from the build, it is the same without the first line.
  if (text !== null && (found === text || found === asWritten(text))) return 'same';
  return isAsWritten(found) ? 'older' : 'changed';
}

async function sourced(dist: string, name: string, file: string, bin: string): Promise<SourceFile> {
  const source = join(dist, 'systemd', name);
  const text = await textOf(source);
  if (text === null) {
    const hint = 'copy the whole of dist/, or install the npm package again';
    throw new CertbotHaError('failed', { code: 'file-missing', file: source }, { hint });
  }
  return { file, text: text.replaceAll('/usr/local/bin/', `${bin}/`) };
}
