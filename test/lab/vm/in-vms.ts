import { describe, test as base } from 'vitest';
import { openVmLab, type VmLab } from './machine.ts';
import { vmSystem } from './system.ts';

/** Tests of what needs a kernel of its own. */
export const test = base.extend<{ vms: VmLab }>({
  vms: async ({ skip }, use) => {
    // Not when the file is imported: that happens as well where its tests are left out.
    const system = await vmSystem();
    if ('lacks' in system) return skip(system.lacks);
    const lab = await openVmLab(system);
    await use(lab);
    await lab.close();
  },
});

// Under software emulation: minutes, and more beside other work.
const PATIENCE = { timeout: 1_500_000 };

export function describeInVms(tests: () => void): void {
  describe('in virtual machines', PATIENCE, () => {
    tests();
  });
}
