/** What a command answers, and what the exit codes mean. */

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  degraded: 4,
  timeout: 124,
  interrupted: 130,
} as const;

export interface Answer {
  /** For stdout, without the line end; "": nothing. */
  readonly data: string;
  /** For stderr, a line each. */
  readonly notes?: readonly string[];
  /** Left out: ok. */
  readonly exitCode?: (typeof EXIT)[keyof typeof EXIT];
}
