import { eventually } from '../eventually.ts';
import type { LabNode, ServiceName } from '../lab.ts';
import type { Stage } from './stage.ts';

/** Brings back what was taken away, before the test is over; may be called again. */
export type Back = () => Promise<void>;

export interface Outages {
  /** Takes a node's power or cable away. */
  takeDown(node: LabNode, lack: 'power' | 'cable'): Promise<Back>;
  /** Stops a service of a node. */
  stop(on: LabNode, service: ServiceName): Promise<Back>;
  /** Nothing gets from the node to the others any more; the CA and the VIP's heartbeat still do. */
  cutOff(node: LabNode): Promise<Back>;
  /** Resolves when the first push to a node that is away has come to nothing: the probe follows it. */
  pushFails(from: LabNode, to: LabNode): Promise<void>;
}

export function outages({ lab, nodes, undo }: Stage): Outages {
  return {
    async takeDown(node, lack) {
      const isPower = lack === 'power';
      const back = async () => await (isPower ? node.boot() : node.plug());
      undo(back);
      await (isPower ? node.powerOff() : node.unplug());
      return back;
    },
    async stop(on, service) {
      const back = async () => await on.startService(service);
      undo(back);
      await on.stopService(service);
      return back;
    },
    async cutOff(node) {
      let isCut = true;
      const others = nodes.filter((other) => other !== node);
      const route = async (verb: 'add' | 'del') => {
        for (const { address } of others)
          await node.check(['ip', 'route', verb, 'blackhole', `${address}/32`]);
      };
      const heal = async () => {
        if (isCut) await route('del');
        isCut = false;
      };
      undo(heal);
      await route('add');
      return heal;
    },
    async pushFails(from, to) {
      // On loopback a connection is refused at once.
      if (lab.kind === 'loopback') return;
      const filter = ['state', 'syn-sent', 'dst', to.address, 'dport', '=', ':80'];
      await eventually(async () => (await from.check(['ss', '-Htn', ...filter])) !== '', {
        timeoutMs: 15_000,
        what: `a probe of ${to.name}`,
      });
    },
  };
}
