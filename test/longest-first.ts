import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, the longest first. A file that is begun last keeps one worker busy, and all the others wait:
 * vitest itself knows how long a file takes only where it has run before.
 */
const LONGEST = [
  'e2e/cluster-life',
  'e2e/names-life',
  'e2e/delivery-rsync',
  'e2e/delete',
  'e2e/outage',
  'e2e/settings-change',
  'e2e/split-brain',
  'e2e/delivery-secrets',
  'e2e/web-servers',
  'e2e/lookup',
  'e2e/transports',
  'e2e/delivery-outage',
  'integration/delivery-rsync',
  'integration/stamps-apart',
  'integration/install-killed',
  'integration/stamps',
  'integration/delete',
  'integration/one-account',
  'integration/earlier-versions',
  'integration/agent-flood',
];

const placeOf = ({ moduleId }: TestSpecification) => {
  const place = LONGEST.findIndex((file) => moduleId.endsWith(`/test/${file}.test.ts`));
  return place === -1 ? LONGEST.length : place;
};

/** The order of test files: the longest first, the others as vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
