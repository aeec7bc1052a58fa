/** tools/list and tools/call. An unknown tool is a JSON-RPC error; whatever goes wrong inside a known one is a result. */

import {
  type CallToolResult,
  type InputRequiredResult,
  ProtocolError,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { z } from "zod";
import { BalancerError, toWireError } from "../core/errors.ts";
import { readArguments } from "./argument-errors.ts";
import { declaredTasks, openCall } from "./call-context.ts";
import type { CallContext, StartedTask } from "./catalog.ts";
import type { CompiledTool } from "./compiled-catalog.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import { pageOf } from "./pagination.ts";
import { invalidParams, methodNotFound } from "./refusal.ts";
import { handle, type Params, type Serving } from "./serving.ts";
import {
  createdTask,
  legacyCreatedTask,
  missingTasksExtension,
} from "./task-wire.ts";
import { isStartedTask, toolError } from "./tool-result.ts";

type Input = z.output<z.ZodObject>;
type Answer = CallToolResult | InputRequiredResult | StartedTask;

export function serveTools(serving: Serving): void {
  const { compiled, server, era, pageSize } = serving;
  handle(server, "tools/list", ({ cursor }) => {
    const page = pageOf("tools/list", compiled.toolList(era), cursor, pageSize);
    return {
      tools: page.items,
      ...(page.nextCursor === null ? {} : { nextCursor: page.nextCursor }),
    };
  });
  handle(server, "tools/call", (params, sdk) => callTool(serving, params, sdk));
}

async function callTool(
  serving: Serving,
  params: Params,
  sdk: ServerContext,
): Promise<object> {
  const name = String(params["name"]);
  const tool = serving.compiled.tools.get(name);
  if (tool === undefined)
    throw invalidParams(
      `unknown tool ${quoted(name)}${didYouMean(name, serving.compiled.tools.keys())}`,
    );
  const way = wayOf(serving, tool, params, sdk);
  const { call, finish } = openCall(serving, sdk);
  try {
    const input = readArguments(tool.input, params["arguments"] ?? {});
    const answer = await way.answer(input, call);
    if (isStartedTask(answer)) return await way.handOver(answer);
    return answer.structuredContent === undefined
      ? answer
      : serving.server.projectCallToolResult(
          answer as CallToolResult,
          tool.outputSchema,
        );
  } catch (thrown) {
    if (thrown instanceof ProtocolError) throw thrown;
    return toolError(toWireError(thrown));
  } finally {
    finish();
  }
}

/** How one call is answered: by running it or by starting a task, and on which wire a task is announced. */
interface Way {
  answer(input: Input, call: CallContext): Promise<Answer>;
  handOver(started: StartedTask): Promise<object>;
}

/**
 * Modern: the server decides, so a tool that must be a task is started and any other is run and may hand over.
 * Legacy: the client decides, by `task` beside the arguments. Throws for a client that cannot follow a task
 * it would have to.
 */
function wayOf(
  { compiled, era }: Serving,
  { definition }: CompiledTool,
  params: Params,
  sdk: ServerContext,
): Way {
  const { tasks } = compiled.catalog;
  const run = (input: Input, call: CallContext): Promise<Answer> =>
    definition.run(input, call);
  const refuse = (): Promise<object> =>
    Promise.reject(
      new BalancerError(
        "INTERNAL",
        `tool '${definition.name}' started a task for a client that cannot follow one`,
      ),
    );
  const { task } = definition;
  if (tasks === undefined || task === undefined)
    return { answer: run, handOver: refuse };
  const start = (input: Input, call: CallContext): Promise<Answer> =>
    task.start(input, call);
  if (era === "legacy") {
    if (params["task"] !== undefined)
      return {
        answer: start,
        handOver: ({ taskId }) => legacyCreatedTask(tasks, taskId),
      };
    if (task.support === "required")
      throw methodNotFound(
        `tool '${definition.name}' only runs as a task; send 'task' with the call`,
      );
    return { answer: run, handOver: refuse };
  }
  const accepts = declaredTasks(sdk);
  if (task.support === "required" && !accepts)
    throw missingTasksExtension(
      `tool '${definition.name}' only runs as a task`,
    );
  return {
    answer: task.support === "required" ? start : run,
    handOver: accepts ? ({ taskId }) => createdTask(tasks, taskId) : refuse,
  };
}
