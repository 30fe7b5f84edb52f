/** Milliseconds of processor time that this process has used so far: what waits for a busy machine uses none. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
