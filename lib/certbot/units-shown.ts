import { ALL_OWN_UNITS } from '../cluster/own-units.ts';
import type { CommandResult, RunOptions } from '../system/run-command.ts';

/** What systemd knows of a unit. */
export interface Unit {
  readonly unit: string;
  readonly isKnown: boolean;
  /** its files have changed since systemd has read them */
  readonly isStale: boolean;
  /** `loaded`, `masked`, `not-found`, `bad-setting`, … */
  readonly load: string;
  /** `active`, `inactive`, `failed`, … */
  readonly state: string;
  /** `enabled`, `disabled`, `static`, …; empty where nothing enables it */
  readonly enabled: string;
  /** the unit that a timer starts; empty for all others */
  readonly starts: string;
  /** its ExecStart= lines, as systemd has read them; empty for what is no service */
  readonly command: string;
  /** the same of ExecCondition= */
  readonly condition: string;
}

export type Units = ReadonlyMap<string, Unit>;

/** Runs a program, as `runCommand` does. */
export type RunProgram = (argv: readonly string[], options: RunOptions) => Promise<CommandResult>;

/** certbot's services: Debian's, the snap's and that of other distributions. */
export const CERTBOT_SERVICES = [
  'certbot.service',
  'snap.certbot.renew.service',
  'certbot-renew.service',
] as const;

export const CERTBOT_TIMERS = CERTBOT_SERVICES.map((service) => service.replace(/\.service$/, '.timer'));

/** What ends, and may have failed. */
export const RUN_UNITS = [
  'certbot-ha-installer.service',
  'certbot-ha-sync.service',
  ...CERTBOT_SERVICES,
] as const;

const PROPERTIES = 'Id,LoadState,NeedDaemonReload,ActiveState,UnitFileState,Unit,ExecStart,ExecCondition';
const SHOW_TIMEOUT_MS = 4_000;

/**
 * The units of certbot-ha and certbot, every timer that is loaded and what it starts, by name; null where systemd does not run this host,
 * or does not answer.
 */
export async function showUnits(run: RunProgram): Promise<Units | null> {
  const first = await show(run, [...ALL_OWN_UNITS, ...RUN_UNITS, ...CERTBOT_TIMERS, '*.timer']);
  if (first.size === 0) return null;
  const started = [...first.values()]
    .map(({ starts }) => starts)
    .filter((unit) => unit !== '' && !first.has(unit));
  const second = started.length === 0 ? [] : await show(run, started);
  return new Map([...first, ...second]);
}

async function show(run: RunProgram, units: readonly string[]): Promise<Units> {
  const argv = ['systemctl', 'show', `--property=${PROPERTIES}`, '--', ...units];
  const { code, stdout } = await run(argv, { timeoutMs: SHOW_TIMEOUT_MS });
  const shown = code === 0 ? stdout.split(/\n\n+/).map(unitIn) : [];
  return new Map(shown.filter(({ unit }) => unit !== '').map((unit) => [unit.unit, unit]));
}

function unitIn(block: string): Unit {
  const lines = block.split('\n');
  const values = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const unit = values('Id')[0] ?? '';
  return {
    unit,
    isKnown: values('LoadState')[0] === 'loaded',
    isStale: values('NeedDaemonReload')[0] === 'yes',
    load: values('LoadState')[0] ?? 'not-found',
    state: values('ActiveState')[0] ?? 'unknown',
    enabled: values('UnitFileState')[0] ?? '',
    // A path unit has such a property too.
    starts: unit.endsWith('.timer') ? (values('Unit')[0] ?? '') : '',
    command: values('ExecStart').join('\n'),
    condition: values('ExecCondition').join('\n'),
  };
}
