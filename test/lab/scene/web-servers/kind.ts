import type { LabNode } from '../../lab.ts';

/** Files of a lineage, or of another site, as a web server wants them named. */
export interface Files {
  readonly chain: string;
  readonly key: string;
  /** both in one file */
  readonly combined: string;
}

/** What is in use of a lineage now. */
export interface Pinned {
  /** its key's file */
  readonly key: string;
  /** leads to live's certificate; beside it, with `.key`, one that leads to the key of now */
  readonly combined: string;
  /** a file that a renewal brings */
  readonly next: string;
}

/** A web server that may have port 443 of a node while nginx has port 80. */
export interface OtherServer {
  /** As the configuration names it. */
  readonly kind: 'apache' | 'caddy' | 'haproxy';
  readonly unit: string;
  readonly file: string;
  /** With a site of another name, and one for the lineage if there is one. */
  readonly config: (other: Files, name: string, lineage: Files | null) => string;
  /** What it cannot read its configuration with, and what it says of that. */
  readonly broken: string;
  readonly refusal: string;
  /** With what it passes its test now, and refuses a renewed certificate; and what it says of that. */
  readonly pinned: (now: Pinned) => { readonly files?: Partial<Files>; readonly more?: string };
  readonly pinnedRefusal: string;
  /** What the deploy hook advises for a first certificate; LIVE is the lineage's directory. */
  readonly advice: string;
  /** What else a node needs before it is started. */
  readonly prepare?: (node: LabNode) => Promise<void>;
}
