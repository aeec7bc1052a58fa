/** What the layer itself answers a tool call with, and how it tells the three kinds of answer apart. */

import type {
  CallToolResult,
  InputRequiredResult,
} from "@modelcontextprotocol/server";
import type { WireError } from "../core/errors.ts";
import type { StartedTask } from "./catalog.ts";

/** A failed call: the error as structured content, and the same for a person. */
export function toolError(error: WireError): CallToolResult {
  const hint = error.hint === undefined ? "" : ` ${error.hint}`;
  return {
    isError: true,
    structuredContent: { ...error },
    content: [
      { type: "text", text: `${error.code}: ${error.message}.${hint}` },
    ],
  };
}

export const isStartedTask = (
  answer: CallToolResult | InputRequiredResult | StartedTask,
): answer is StartedTask =>
  typeof (answer as StartedTask).taskId === "string" &&
  (answer as Partial<CallToolResult>).content === undefined;
