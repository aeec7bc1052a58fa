/** What one probe found. */

export interface Finding {
  readonly check: string;
  /** warn: it works, but not as it should. fail: it does not. */
  readonly mark: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do; null where there is nothing to mend. */
  readonly fix: string | null;
}

export const ok = (check: string, message: string): Finding => ({
  check,
  mark: "ok",
  message,
  fix: null,
});

export const warn = (check: string, message: string, fix: string): Finding => ({
  check,
  mark: "warn",
  message,
  fix,
});

export const fail = (check: string, message: string, fix: string): Finding => ({
  check,
  mark: "fail",
  message,
  fix,
});
