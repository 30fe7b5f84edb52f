import { existsSync } from 'node:fs';
import { commandFor } from '../cluster/command-for.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { byHand, typed, type Step } from '../findings/step.ts';
import { orNone } from '../system/read-file.ts';
import { readSmall } from '../system/read-untrusted.ts';
import { lookupOfOwn, MAX_PART_BYTES } from '../webserver/own-part.ts';
import { placeFor } from '../webserver/part-place.ts';
import type { StepsOf } from './next.ts';
import { webServerSteps } from './web-server-steps.ts';

/** The part for challenges where `snippet --write` puts it. */
export interface Part {
  readonly file: string;
  /** `HOST:PORT` that is asked for what the webroot lacks; null: nobody is; undefined: the part is another one, or was changed */
  readonly asked: string | null | undefined;
  /** the line that puts it to use, and where; null: it holds for everything */
  readonly use: string | null;
}

/** Null where there is none, or the web server has no place for it. */
export async function partHere({ config, self }: Pick<Cluster, 'config' | 'self'>): Promise<Part | null> {
  const { kind } = config.webServer;
  const place = kind === 'none' ? null : placeFor(kind, existsSync);
  if (kind === 'none' || place === null) return null;
  const text = await orNone(readSmall(place.file, MAX_PART_BYTES), null);
  if (text === null) return null;
  return { file: place.file, use: place.use, asked: lookupOfOwn(kind, self.webroot, text) };
}

/** What makes the web server ask. A part that nobody has changed is written anew; what somebody has made by hand is added to by hand. */
export function lookupSteps(config: StepsOf, part: Part | null, place: string): readonly Step[] {
  const { kind, runsOn } = config.webServer;
  const ha = commandFor(config.file);
  if (kind === 'none') return byHand(`let the web server ask ${place} for challenges that are no file`);
  if (part?.asked === place) {
    return [
      ...typed(webServerSteps(ha, kind, runsOn).reload),
      ...(part.use === null ? [] : byHand(part.use)),
      ...(kind === 'apache' ? byHand('load the modules rewrite and proxy_http') : []),
    ];
  }
  if (part !== null && part.asked !== undefined) return typed(`${ha} snippet ${kind} --write`);
  return [...typed(`${ha} snippet ${kind}`), ...byHand(BY_HAND[kind])];
}

/** What lets a web server ask that has been told to, where SELinux enforces: docs/set-up.md, "SELinux". */
export function allowingSteps(part: Part | null, place: string): readonly Step[] {
  if (part?.asked !== place) return [];
  const port = place.slice(place.lastIndexOf(':') + 1);
  // The policy may have the port already.
  return typed(`semanage port -a -t http_port_t -p tcp ${port}; setsebool -P httpd_can_network_relay on`);
}

const BY_HAND = {
  nginx:
    'in your location for challenges, add the try_files line that it prints, and beside it both locations that begin with @acme_',
  apache:
    'in your <Directory> for challenges, add its Options and RewriteEngine to RewriteRule lines, and <Proxy>',
  caddy: 'in your handle for challenges, add its @acme_here matcher and both handle blocks',
  haproxy:
    'in what serves challenges behind HAProxy, add the try_files line that it prints, and both locations that begin with @acme_',
} as const;
