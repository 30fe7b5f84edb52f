import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createBridge, setLink } from '../booted/network.ts';
import { checkCommand, runCommand } from '../command.ts';
import type { RunResult } from '../contract.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { eventually } from '../eventually.ts';
import { startKeeper, type Keeper } from '../keeper.ts';
import { openLine, type Line } from './line.ts';
import type { VmSystem } from './system.ts';

/** A virtual machine under software emulation: slow, and with a kernel of its own. */
export interface Vm {
  readonly name: string;
  readonly address: string;
  /** Never throws on a non-zero exit; does on a time-out (default 120 000 ms). Output and errors together. */
  run(script: string, timeoutMs?: number): Promise<RunResult>;
  /** As `run`, but a non-zero exit throws. */
  check(script: string, timeoutMs?: number): Promise<string>;
  /** A power cut: its cable is silent, and it is gone. */
  cut(): Promise<void>;
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

export interface VmOptions {
  readonly name: string;
  /** The last byte of its address. */
  readonly number: number;
  /** MiB of a disk of its own, /dev/vda, which is empty; default none. */
  readonly diskMiB?: number;
  /** MiB, default 384. */
  readonly memoryMiB?: number;
}

/** A wire, and the machines on it. All of it ends with this process. */
export interface VmLab {
  start(options: VmOptions): Promise<Vm>;
  /** Asks as a CA does, from the wire, where nobody has been asked before: the body, or null for all but 200. */
  ask(url: string): Promise<string | null>;
  close(): Promise<void>;
}

// Software emulation beside other work; alone it boots in 9 s.
const BOOT_MS = 300_000;
const RUN_MS = 120_000;

export async function openVmLab(system: VmSystem): Promise<VmLab> {
  const keeper = await startKeeper();
  try {
    await createBridge(keeper);
    await checkCommand(keeper.enter(['ip', 'address', 'add', '192.168.69.1/24', 'dev', 'lab0']));
    const lines: Line[] = [];
    return {
      async start(options) {
        const vm = await startVm(keeper, system, options);
        lines.push(vm.line);
        return vm;
      },
      async ask(url) {
        // A VIP that has moved is another machine's.
        await checkCommand(keeper.enter(['ip', 'neighbour', 'flush', 'dev', 'lab0']));
        const curl = ['curl', '--silent', '--fail', '--max-time', '20', url];
        const { code, stdout } = await runCommand(keeper.enter(curl));
        return code === 0 ? stdout : null;
      },
      async close() {
        for (const line of lines) line.close();
        await keeper.close();
      },
    };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

async function startVm(
  keeper: Keeper,
  system: VmSystem,
  options: VmOptions,
): Promise<Vm & { readonly line: Line }> {
  const { name, number } = options;
  const address = `192.168.69.${number}`;
  const tap = `to-${name}`;
  await checkCommand(keeper.enter(['ip', 'tuntap', 'add', tap, 'mode', 'tap']));
  await checkCommand(keeper.enter(['ip', 'link', 'set', tap, 'master', 'lab0', 'up']));
  const files = { line: `/run/lab/${name}.line`, disk: `/run/lab/${name}.disk` };
  if (options.diskMiB !== undefined)
    await checkCommand(keeper.enter(['truncate', '-s', `${options.diskMiB}M`, files.disk]));
  const socket = join(keeper.root, files.line);
  const daemon = await startDaemon(keeper.enter(qemuArgv(system, { ...options, address, tap, files })), {
    isReady: () => exists(socket),
    timeoutMs: 30_000,
  });
  const line = await openLine(socket);
  await hasBooted(line, daemon);
  const run = (script: string, timeoutMs = RUN_MS) => line.run(script, timeoutMs);
  return {
    name,
    address,
    line,
    run,
    async check(script, timeoutMs) {
      const { code, stdout } = await run(script, timeoutMs);
      if (code !== 0) throw new Error(`${name}: exit ${code}: ${script}\n${stdout}`);
      return stdout;
    },
    async cut() {
      await setLink(keeper, name, 'down');
      await daemon.kill();
      line.close();
    },
    unplug: () => setLink(keeper, name, 'down'),
    plug: () => setLink(keeper, name, 'up'),
  };
}

async function hasBooted(line: Line, daemon: Daemon): Promise<void> {
  let isUp = false;
  void line.isUp.then(() => (isUp = true));
  await eventually(
    async () => {
      if (!daemon.isRunning()) throw new Error(`ended while it booted:\n${daemon.log()}`);
      return isUp;
    },
    { timeoutMs: BOOT_MS, everyMs: 100, what: 'a virtual machine to boot' },
  );
}

interface Place {
  readonly address: string;
  readonly tap: string;
  readonly files: { readonly line: string; readonly disk: string };
}

function qemuArgv({ directory }: VmSystem, vm: VmOptions & Place): readonly string[] {
  const { name, number, address, tap, files, memoryMiB = 384, diskMiB } = vm;
  const mac = `02:00:00:00:69:${number.toString(16).padStart(2, '0')}`;
  const kernel = `console=ttyS0 quiet mitigations=off nokaslr no_timer_check panic=-1 random.trust_cpu=on vm_address=${address} vm_name=${name}`;
  const share = (tag: string, path: string) => [
    ...['-fsdev', `local,id=${tag},path=${path},security_model=none,readonly=on,multidevs=remap`],
    ...['-device', `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
  return [
    ...['qemu-system-x86_64', '-accel', 'tcg', '-cpu', 'max', '-m', String(memoryMiB)],
    ...['-nographic', '-nodefaults', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', join(directory, 'vmlinuz'), '-initrd', join(directory, 'initrd'), '-append', kernel],
    ...['-netdev', `tap,id=net,ifname=${tap},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=line,path=${files.line},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=line,name=line'],
    ...share('host', '/'),
    ...share('packages', join(directory, 'packages')),
    // What the guest has synced is in the file.
    ...(diskMiB === undefined
      ? []
      : ['-drive', `file=${files.disk},format=raw,if=virtio,cache=writethrough`]),
  ];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
