/** A task as the router is asked about it: its words are all texts of its input, whatever the fields are called. */

import type { RouteQuestion } from "../../flow-balancer/core/expert.ts";
import { parseOrNull } from "../../flow-balancer/core/json.ts";
import { learningBucket } from "../../flow-balancer/core/learning-key.ts";

/** More of a text changes no decision. */
const MAX_CHARS = 8_192;
/** Longer inputs are taken as they stand: reading them as JSON would cost more than the decision. */
const MAX_READ = 65_536;
const MAX_DEPTH = 16;

const ONE_EXPERT: Pick<
  RouteQuestion,
  "needs" | "budget" | "hasCheck" | "copies" | "isSingle"
> = { needs: [], budget: null, hasCheck: false, copies: 1, isSingle: false };

/** Takes any text for `inputJson`. */
export const questionOf = (
  kind: string,
  inputJson: string,
  asked: Partial<RouteQuestion> = {},
): RouteQuestion => ({
  ...ONE_EXPERT,
  kind,
  bucket: learningBucket(kind, inputJson),
  tags: [],
  text: textOf(inputJson),
  ...asked,
});

function textOf(inputJson: string): string {
  if (inputJson.length > MAX_READ) return inputJson.slice(0, MAX_CHARS);
  const texts: string[] = [];
  collect(parseOrNull(inputJson), texts, MAX_DEPTH);
  return texts.join("\n").slice(0, MAX_CHARS);
}

function collect(value: unknown, texts: string[], depth: number): void {
  if (typeof value === "string") texts.push(value);
  else if (typeof value === "object" && value !== null && depth > 0)
    for (const it of Object.values(value)) collect(it, texts, depth - 1);
}
