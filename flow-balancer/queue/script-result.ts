/** What a script wrote when it was done, as the end of its task. It is text that somebody left in a file: nothing in it is done, only kept. */

import { parseOrNull } from "../core/json.ts";
import type { FileContent } from "./claim-folders.ts";

export interface ScriptEnd {
  readonly outcome: "completed" | "failed";
  readonly summary: string | null;
  /** It could not be believed as it was. */
  readonly isWrong: boolean;
}

/** In UTF-16 units; the board takes a little more. */
const MAX_SUMMARY = 8_000;

/** Of `result.json` and `error.json`, should both be there of the first; null: it is not done yet. */
export function scriptEnd(
  result: FileContent,
  error: FileContent,
): ScriptEnd | null {
  if (result !== null) return endOf("completed", "result.json", result);
  return error === null ? null : endOf("failed", "error.json", error);
}

function endOf(
  outcome: ScriptEnd["outcome"],
  name: string,
  content: NonNullable<FileContent>,
): ScriptEnd {
  const wrong = (why: string): ScriptEnd => ({
    outcome: "failed",
    summary: `the script was done, but its ${name} ${why}`,
    isWrong: true,
  });
  if ("wrong" in content) return wrong(content.wrong);
  const value = parseOrNull(content.text);
  return { outcome, summary: summaryOf(value, content.text), isWrong: false };
}

/** A text; the `summary` or `message` of an object; else all of it, as it was written: most programs print no JSON. */
function summaryOf(value: unknown, written: string): string | null {
  const { summary, message } = Object(value) as Readonly<
    Record<string, unknown>
  >;
  const said = [value, summary, message].find((it) => typeof it === "string");
  const text = ((said as string | undefined) ?? written.trim())
    .slice(0, MAX_SUMMARY)
    .toWellFormed();
  return text === "" ? null : text;
}

/** Who has it, by what the script wrote as `owner`: one line, and no more than a name needs. */
export function scriptName(owner: FileContent): string {
  const text = owner !== null && "text" in owner ? owner.text : "";
  const name = text
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "")
    .trim()
    .slice(0, 64)
    .toWellFormed();
  return name === "" ? "script" : `script:${name}`;
}
