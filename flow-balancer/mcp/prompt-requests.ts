/** prompts/list, prompts/get and completion/complete. */

import type { ServerContext } from "@modelcontextprotocol/server";
import { openCall } from "./call-context.ts";
import type { PromptDefinition } from "./catalog.ts";
import type { CompiledCatalog } from "./compiled-catalog.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import { pageOf } from "./pagination.ts";
import { asProtocolError, invalidParams } from "./refusal.ts";
import { handle, type Params, type Serving } from "./serving.ts";

/** The protocol's limit. */
const MAX_COMPLETIONS = 100;

export function servePrompts(serving: Serving): void {
  const { compiled, server, pageSize } = serving;
  handle(server, "prompts/list", ({ cursor }) => {
    const page = pageOf("prompts/list", compiled.promptList, cursor, pageSize);
    return {
      prompts: page.items,
      ...(page.nextCursor === null ? {} : { nextCursor: page.nextCursor }),
    };
  });
  handle(server, "prompts/get", (params, sdk) =>
    getPrompt(serving, params, sdk),
  );
}

export function serveCompletions(serving: Serving): void {
  handle(serving.server, "completion/complete", async (params) => {
    const { completer, prefix } = completionOf(serving.compiled, params);
    let all: readonly string[];
    try {
      all = (await completer?.(prefix)) ?? [];
    } catch (thrown) {
      throw asProtocolError(thrown);
    }
    return {
      completion: {
        values: all.slice(0, MAX_COMPLETIONS),
        total: all.length,
        hasMore: all.length > MAX_COMPLETIONS,
      },
    };
  });
}

async function getPrompt(
  serving: Serving,
  params: Params,
  sdk: ServerContext,
): Promise<object> {
  const prompt = promptNamed(serving.compiled, params["name"]);
  const args = readPromptArguments(prompt, params["arguments"] ?? {});
  const { call, finish } = openCall(serving, sdk);
  try {
    return await prompt.get(args, call);
  } catch (thrown) {
    throw asProtocolError(thrown);
  } finally {
    finish();
  }
}

function promptNamed(
  { prompts }: CompiledCatalog,
  name: unknown,
): PromptDefinition {
  if (typeof name !== "string") throw invalidParams("name must be a string");
  const prompt = prompts.get(name);
  if (prompt === undefined)
    throw invalidParams(
      `unknown prompt ${quoted(name)}${didYouMean(name, prompts.keys())}`,
    );
  return prompt;
}

function readPromptArguments(
  prompt: PromptDefinition,
  raw: unknown,
): Readonly<Record<string, string>> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw invalidParams("/arguments: must be an object");
  const known = new Map(prompt.arguments.map((item) => [item.name, item]));
  const problems: string[] = [];
  const args: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!known.has(name))
      problems.push(
        `/arguments/${quoted(name).slice(1, -1)}: unknown argument${didYouMean(name, known.keys())}`,
      );
    else if (typeof value !== "string")
      problems.push(`/arguments/${name}: must be a string`);
    else args[name] = value;
  }
  for (const { name, required } of prompt.arguments)
    if (required && !(name in raw))
      problems.push(`/arguments/${name}: required`);
  if (problems.length > 0) throw invalidParams(problems.join("; "));
  return args;
}

interface Completion {
  readonly completer:
    ((prefix: string) => Promise<readonly string[]>) | undefined;
  readonly prefix: string;
}

function completionOf(compiled: CompiledCatalog, params: Params): Completion {
  const ref = (params["ref"] ?? {}) as Params;
  const argument = (params["argument"] ?? {}) as Params;
  const { name, value } = argument;
  if (typeof name !== "string" || typeof value !== "string")
    throw invalidParams("argument must have a name and a value, both strings");
  switch (ref["type"]) {
    case "ref/prompt": {
      const prompt = promptNamed(compiled, ref["name"]);
      const known = prompt.arguments.find((item) => item.name === name);
      if (known === undefined)
        throw invalidParams(
          `prompt '${prompt.name}' has no argument ${quoted(name)}`,
        );
      return { completer: known.complete, prefix: value };
    }
    case "ref/resource": {
      const template = compiled.templates.find(
        ({ definition }) => definition.uriTemplate === ref["uri"],
      );
      if (template === undefined)
        throw invalidParams(
          `unknown resource template ${quoted(String(ref["uri"]))}`,
        );
      if (!template.pattern.variableNames.includes(name))
        throw invalidParams(
          `resource template '${template.definition.uriTemplate}' has no variable ${quoted(name)}`,
        );
      return { completer: template.definition.complete?.[name], prefix: value };
    }
    default:
      throw invalidParams("ref.type must be ref/prompt or ref/resource");
  }
}
