/** What a replay answers, for programs and for people. */

export interface ReplayReport {
  /** Printed as one line, after `schema` and `replay`. */
  readonly json: object;
  readonly text: string;
}
