import type { LabHost, ServiceName } from '../contract.ts';
import { UNITS } from './units.ts';

export interface Services {
  readonly startService: (name: ServiceName) => Promise<void>;
  readonly stopService: (name: ServiceName) => Promise<void>;
  readonly killService: (name: ServiceName) => Promise<void>;
  readonly reloadNginx: () => Promise<void>;
}

/** A host's services, by its own systemd. */
export function servicesOf(host: LabHost): Services {
  const systemctl = async (verb: string, name: ServiceName) => {
    await host.check(['sh', '-c', SYSTEMCTL, verb, UNITS[name]], { timeoutMs: 30_000 });
  };
  return {
    startService: (name) => systemctl('start', name),
    stopService: (name) => systemctl('stop', name),
    killService: async (name) => {
      await host.check(['bash', '-euc', KILL, 'kill', UNITS[name]], { timeoutMs: 10_000 });
    },
    reloadNginx: async () => {
      await host.check(['bash', '-euc', RELOAD_NGINX], { timeoutMs: 20_000 });
    },
  };
}

/** A unit that does not start says in the journal why. */
const SYSTEMCTL = `systemctl reset-failed "$1" 2>/dev/null
systemctl "$0" "$1" || { code=$?; journalctl --no-pager -o cat -n 20 -u "$1"; exit $code; }`;

const KILL = `pid=$(systemctl show -P MainPID "$1")
[ "$pid" != 0 ] || { echo "$1 does not run"; exit 1; }
systemctl kill --kill-whom=main --signal=SIGKILL "$1"
until [ "$(systemctl show -P MainPID "$1")" != "$pid" ]; do sleep 0.02; done`;

/** A reload is over when no worker of before takes connections any more. */
const RELOAD_NGINX = `main=$(systemctl show -P MainPID nginx)
read -r before </proc/$main/task/$main/children || true
systemctl reload nginx
takes() {
  local title=
  { IFS= read -r -d '' title <"/proc/$1/cmdline"; } 2>/dev/null || true
  [[ $title =~ ^nginx:\\ worker\\ process\\ *$ ]]
}
for pid in $before; do while takes "$pid"; do sleep 0.02; done; done`;
