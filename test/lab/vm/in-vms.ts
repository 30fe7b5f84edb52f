import { describe, test as base } from 'vitest';
import { openVmLab, type VmLab } from './machine.ts';
import { vmSystem, type VmSystem } from './system.ts';

const system = await vmSystem();

/** Tests of what needs a kernel of its own. */
export const test = base.extend<{ vms: VmLab }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads what a fixture needs from its first parameter
  vms: async ({}, use) => {
    const lab = await openVmLab(system as VmSystem);
    await use(lab);
    await lab.close();
  },
});

// Under software emulation: minutes, and more beside other work.
const PATIENCE = { timeout: 1_500_000 };

export function describeInVms(tests: () => void): void {
  describe.skipIf('lacks' in system)('in virtual machines', PATIENCE, () => {
    tests();
  });
}
