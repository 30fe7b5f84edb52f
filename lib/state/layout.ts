import { join } from 'node:path';

/** Every path below stateDir: the counterpart of docs/state-directory.md. What lies in an inbox is in inbox/layout. */
export interface StateLayout {
  /** what has arrived, with a transport that brings it to this host alone */
  readonly inbox: string;
  /** where the shared filesystem is mounted */
  readonly shared: string;
  /** a node's inbox there */
  readonly sharedOf: (node: string) => string;
  /** which nodes ask to be brought up to date */
  readonly requests: string;
  readonly installed: string;
  readonly installedOf: (lineage: string) => string;
  /** empty: `live/` has a list of what is here */
  readonly listed: string;
  /** how installations ended */
  readonly outbox: string;
  readonly resultOf: (id: string) => string;
  readonly journal: string;
  readonly journalOf: (lineage: string) => string;
  /** there while an installer works, which refreshes it every 1.5 s */
  readonly journalLock: string;
  readonly backup: string;
  /** the changes of a lineage that an operator has accepted on this node */
  readonly acceptedOf: (lineage: string) => string;
  /** that lineages were deleted */
  readonly deleted: string;
  readonly deletedOf: (lineage: string) => string;
  readonly outstanding: string;
  /** what earlier versions called `outstanding` */
  readonly owed: string;
  readonly pending: string;
  readonly pendingOf: (token: string) => string;
  /** of DNS-01, by another suffix: earlier versions take what they do not know for damaged, and remove it */
  readonly pendingRecordOf: (value: string) => string;
  readonly gateFailures: string;
  /** where nothing has answered a moment ago */
  readonly silent: string;
  /** what those who are to hear of troubles have been told */
  readonly notified: string;
  /** nothing lies in it: its time is that of the last look at the cluster */
  readonly looked: string;
  /** how doctor's last run that was recorded has ended */
  readonly doctor: string;
  /** what has happened, a line an event */
  readonly events: string;
  /** the same, put aside: the greater the number, the older */
  readonly oldEventsOf: (number: number) => string;
  /** nothing lies there: a change of records by Gandi holds the lock by that name */
  readonly dns: string;
  /** nothing lies there: a roll-out holds the lock by that name */
  readonly delivery: string;
  /** what the directories of one program for rsync begin with */
  readonly rsyncOf: (pid: number) => string;
}

export function layoutOf(stateDir: string): StateLayout {
  const at = (...parts: readonly string[]) => join(stateDir, ...parts);
  return {
    inbox: at('inbox'),
    shared: at('shared'),
    sharedOf: (node) => at('shared', node),
    requests: at('requests'),
    installed: at('installed'),
    installedOf: (lineage) => at('installed', `${lineage}.json`),
    listed: at('lineages-listed'),
    outbox: at('outbox'),
    resultOf: (id) => at('outbox', `${id}.json`),
    journal: at('journal'),
    journalOf: (lineage) => at('journal', `${lineage}.json`),
    journalLock: at('journal.lock'),
    backup: at('backup'),
    acceptedOf: (lineage) => at('accepted', `${lineage}.json`),
    deleted: at('deleted'),
    deletedOf: (lineage) => at('deleted', `${lineage}.json`),
    outstanding: at('outstanding.json'),
    owed: at('owed.json'),
    pending: at('pending'),
    pendingOf: (token) => at('pending', `${token}.json`),
    pendingRecordOf: (value) => at('pending', `${value}.record`),
    gateFailures: at('failures.json'),
    silent: at('silent.json'),
    notified: at('notified.json'),
    looked: at('looked'),
    doctor: at('doctor.json'),
    events: at('events.jsonl'),
    oldEventsOf: (number) => at(`events.jsonl.${number}`),
    dns: at('dns'),
    delivery: at('delivery'),
    rsyncOf: (pid) => at(`${RSYNC_PREFIX}${pid}-`),
  };
}

/** What the name of every directory for rsync begins with. */
export const RSYNC_PREFIX = 'rsync-';

/** The process that a directory for rsync is of; null where its name does not tell. */
export function rsyncOwner(name: string): number | null {
  const pid = /^rsync-(\d+)-/.exec(name)?.[1];
  return pid === undefined ? null : Number(pid);
}
