/**
 * How long what waits for something else waits, in milliseconds. Each is longer than what it waits for may take:
 * test/unit/system/limits.test.ts has the inequalities, and holds them against the units and the documents.
 */
export const LIMITS = {
  /** a web server's test, of all its commands; and the printing of its configuration */
  testMs: 60_000,
  /** a web server's reload, with all its commands, and the start of what systemd has given up */
  reloadMs: 60_000,
  /** one that changes the host's set-up: SELinux' whole policy is compiled, a firewall loaded anew */
  adminMs: 300_000,
  /** a question to systemd, or whether the web server runs here */
  askMs: 5_000,
  /** a look whether a webroot can be written, which may lie on a file server */
  webrootMs: 10_000,
  /** labels of SELinux */
  labelsMs: 10_000,
  /** a copy of a lineage into the backups */
  copyMs: 60_000,
  /** a program on some files in an inbox */
  inboxMs: 10_000,

  /** an installer's work under its lock: two tests, or a test and a reload, and the files. A deletion has the same. */
  roundMs: 125_000,
  /** what has to be left of it for anything more to begin */
  beginMs: 120_000,
  /** whoever needs the installer's lock and must not give up */
  installerMs: 130_000,

  /** a bundle on its way to a peer's inbox, and its activation */
  sendMs: 20_000,
  /** from the activation until an installer has begun */
  startMs: 30_000,
  /** from the activation until its installer has ended */
  resultMs: 160_000,

  /** one node's turn in another node's roll-out, besides its gate */
  turnMs: 180_000,
  /** whoever has to wait until another roll-out from this node is over */
  rollOutMs: 300_000,
  /** what a sync does about deletions that others tell of, while a roll-out waits for it */
  toldMs: 60_000,
  /** after it a sync begins to bring no more deletions to nodes that have missed them, for the same reason */
  deletionsMs: 60_000,
} as const;
