import * as v from 'valibot';
import { reader, type Read } from '../../base/checked.ts';

// What `certbot-ha status --json` prints, as far as the page and the metrics have a use for it. The child is this host's
// own command line, and yet nothing of it is taken unchecked: it repeats what other nodes have told.

const text = v.pipe(v.string(), v.maxLength(2_000));
const time = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const found = v.object({ code: text, message: v.string() });

const node = v.object({
  node: text,
  address: text,
  isSelf: v.boolean(),
  isDrained: v.boolean(),
  agent: v.picklist(['reachable', 'unreachable']),
  reason: v.nullable(found),
  version: v.nullable(text),
  heldVips: v.array(text),
  challenges: v.nullable(count),
  lookedSecondsAgo: v.exactOptional(v.nullable(count)),
});

const row = v.object({
  lineage: text,
  target: text,
  address: text,
  installed: v.nullable(v.picklist(['newest', 'older', 'none', 'deleted', 'unknown'])),
  generation: v.nullable(v.object({ sha256: text, notBefore: time, notAfter: time })),
  serves: v.nullable(v.picklist(['newest', 'another', 'foreign', 'nothing'])),
  isCutOff: v.exactOptional(v.literal(true)),
  expected: v.boolean(),
  notBefore: time,
  notAfter: time,
});

const documentSchema = v.object({
  self: text,
  at: time,
  isCutOff: v.boolean(),
  issuer: v.object({ mode: v.picklist(['shared', 'per-node']), rule: text, nodes: v.array(text) }),
  renewals: v.array(v.object({ lineage: text, due: text, isLate: v.boolean() })),
  nodes: v.array(node),
  vips: v.array(v.object({ address: text, holder: v.nullable(text), holders: v.array(text) })),
  lineages: v.array(row),
  outstanding: v.array(v.object({ node: text, lineage: text, since: text, reason: found })),
  notes: v.array(found),
  overrides: v.array(found),
  accounts: v.array(found),
  deletions: v.array(v.object({ node: text, lineage: text, found })),
  troubles: v.array(v.object({ who: v.nullable(text), found })),
});

/** The cluster as this node sees it: docs/certbot-ha.8.md, `status --json`. */
export type SurveyDocument = Unchanging<v.InferOutput<typeof documentSchema>>;

/** The same, which nobody changes. */
type Unchanging<T> = { readonly [Key in keyof T]: Unchanging<T[Key]> };

const readDocument: Read<SurveyDocument> = reader(documentSchema);

/** Null where it is none. */
export function surveyDocumentIn(json: string): SurveyDocument | null {
  try {
    return readDocument(JSON.parse(json));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
