import { surveyDocumentIn } from '../../../lib/agent/admin/survey-document.ts';
import { nearJson } from './near.ts';
import { expectSame, type Parser } from './parser.ts';
import { FOUND, SAID, STAMP } from './samples.ts';

/** What the agent's child has to say of the cluster. */
export const SURVEY: readonly Parser[] = [
  {
    what: 'what status --json prints',
    input: nearJson(
      [
        {
          ...{
            self: 'web1',
            at: STAMP,
            issuer: { mode: 'shared', rule: 'vip', nodes: [] },
            renewals: [],
            nodes: [],
            vips: [],
          },
          ...{
            lineages: [],
            outstanding: [
              { node: 'web2', lineage: 'a.test', since: STAMP, reason: { code: FOUND.code, message: 'x' } },
            ],
          },
          ...{ notes: [], overrides: [], accounts: [], deletions: [] },
        },
      ],
      SAID,
    ),
    holds: (text) => {
      const read = surveyDocumentIn(text);
      if (read !== null) expectSame(surveyDocumentIn(JSON.stringify(read)), read);
    },
  },
];
