/** A trace of what several experts answered to the same tasks: `id,expert,ok,output`. Rows of one id need not stand together. */

import { readTrace } from "../commands/replay/read-trace.ts";
import { BalancerError } from "../core/errors.ts";
import { quoted } from "../core/quoted.ts";
import { type SampleLimits, TaskSample } from "./task-sample.ts";

const COLUMNS = ["id", "expert", "ok", "output"];

/** Throws INVALID_INPUT that names the line and what is wrong there. */
export async function readAnswers(
  trace: string,
  limits: SampleLimits,
): Promise<TaskSample> {
  const sample = new TaskSample(limits);
  await readTrace(trace, COLUMNS, ({ line, fields }) => {
    const [id = "", expert = "", ok = "", output = ""] = fields;
    const bad = (what: string): BalancerError =>
      new BalancerError("INVALID_INPUT", `${trace}, line ${line}: ${what}`);
    if (id === "") throw bad("id is empty, and it says what belongs together");
    if (expert === "") throw bad("expert is empty");
    sample.add({ id, expert, ok: okOf(ok, bad), output });
  });
  return sample;
}

function okOf(
  field: string,
  bad: (what: string) => BalancerError,
): boolean | null {
  const text = field.trim().toLowerCase();
  if (text === "") return null;
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw bad(
    `ok is ${quoted(field)}; it is 1, 0, or empty where nobody checked`,
  );
}
