/** The text of /proc/<pid>/stat. See proc(5). */

export interface ProcessStat {
  /** R running, S sleeping, D waiting for a device, T stopped, t traced, Z zombie, X dead. */
  readonly letter: string;
  /** Of all its threads, in user and in kernel mode, in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** Since boot, in ticks: with the pid it names one process and no other. */
  readonly startedAtTicks: number;
}

/** Null if it is no such text. */
export function parseProcessStat(text: string): ProcessStat | null {
  // The second field, the name in parentheses, may hold spaces, parentheses and line ends itself.
  const end = text.lastIndexOf(") ");
  if (end === -1) return null;
  // From the third field on.
  const fields = text.slice(end + 2).split(" ");
  const letter = fields[0] ?? "";
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  const startedAtTicks = Number(fields[19]);
  return /^[A-Za-z]$/.test(letter) &&
    Number.isSafeInteger(cpuTicks) &&
    Number.isSafeInteger(startedAtTicks)
    ? { letter, cpuTicks, startedAtTicks }
    : null;
}
