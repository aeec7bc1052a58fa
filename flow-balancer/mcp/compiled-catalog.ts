/**
 * A catalog made ready to serve: names looked up by map, lists as they go over the wire, each worked out once.
 * Shared by every connection and every request; holds nothing of either.
 */

import { UriTemplate } from "@modelcontextprotocol/server";
import { z } from "zod";
import type {
  Catalog,
  Era,
  PromptDefinition,
  ResourceDefinition,
  TemplateDefinition,
  ToolDefinition,
} from "./catalog.ts";

type JsonSchema = Record<string, unknown>;

export interface CompiledTool {
  readonly definition: ToolDefinition;
  /** The definition's input, refusing unknown keys. */
  readonly input: z.ZodObject;
  /** As advertised; undefined when the tool promises no shape. */
  readonly outputSchema: JsonSchema | undefined;
}

export interface CompiledTemplate {
  readonly definition: TemplateDefinition;
  readonly pattern: UriTemplate;
}

export interface CompiledCatalog {
  readonly catalog: Catalog;
  readonly tools: ReadonlyMap<string, CompiledTool>;
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly templates: readonly CompiledTemplate[];
  readonly prompts: ReadonlyMap<string, PromptDefinition>;
  toolList(era: Era): readonly object[];
  readonly resourceList: readonly object[];
  readonly templateList: readonly object[];
  readonly promptList: readonly object[];
}

/** Throws when two things of one kind have the same name: that is a defect of the catalog. */
export function compileCatalog(catalog: Catalog): CompiledCatalog {
  const tools = byName(
    "tool",
    catalog.tools.map(compileTool),
    (tool) => tool.definition.name,
  );
  const lists = new Map<Era, readonly object[]>();
  return {
    catalog,
    tools,
    resources: byName("resource", catalog.resources, (item) => item.uri),
    templates: catalog.templates.map((definition) => ({
      definition,
      pattern: new UriTemplate(definition.uriTemplate),
    })),
    prompts: byName("prompt", catalog.prompts, (item) => item.name),
    toolList(era) {
      const known = lists.get(era);
      if (known !== undefined) return known;
      const legacyTasks = era === "legacy" && catalog.tasks !== undefined;
      const made = [...tools.values()].map((tool) =>
        toolEntry(tool, legacyTasks),
      );
      lists.set(era, made);
      return made;
    },
    resourceList: catalog.resources.map(({ uri, ...rest }) => ({
      uri,
      ...described(rest),
    })),
    templateList: catalog.templates.map(({ uriTemplate, ...rest }) => ({
      uriTemplate,
      ...described(rest),
    })),
    promptList: catalog.prompts.map((prompt) => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: prompt.arguments.map(({ name, description, required }) => ({
        name,
        description,
        required,
      })),
    })),
  };
}

function compileTool(definition: ToolDefinition): CompiledTool {
  return {
    definition,
    input: definition.input.strict(),
    outputSchema:
      definition.output === undefined
        ? undefined
        : withErrors(jsonSchema(definition.output, "output")),
  };
}

function toolEntry(tool: CompiledTool, legacyTasks: boolean): object {
  const { definition } = tool;
  return {
    name: definition.name,
    title: definition.title,
    description: definition.description,
    inputSchema: definition.inputJsonSchema ?? jsonSchema(tool.input, "input"),
    ...(tool.outputSchema && { outputSchema: tool.outputSchema }),
    ...(definition.annotations && { annotations: definition.annotations }),
    ...(definition.icons && { icons: definition.icons }),
    ...(legacyTasks && definition.task
      ? { execution: { taskSupport: definition.task.support } }
      : {}),
  };
}

/** Without what only costs tokens: the dialect (2020-12 is MCP's default), the bounds of every safe integer, what a date looks like. */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override({ jsonSchema: node }) {
      if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
      if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
      if (node.format === "date-time") delete node.pattern;
    },
  });
  return made;
}

/**
 * A failed call carries its error as structured content, and clients of 2025 hold even that against the
 * output schema: so the schema says it.
 */
function withErrors(schema: JsonSchema): JsonSchema {
  if (schema["type"] !== "object") return schema;
  const { $defs, ...success } = schema;
  return {
    type: "object",
    anyOf: [success, { title: "Error", required: ["code", "message"] }],
    ...($defs === undefined ? {} : { $defs }),
  };
}

const described = (
  item: Omit<ResourceDefinition, "uri" | "read">,
): {
  name: string;
  title: string;
  description: string;
  mimeType: string;
} => ({
  name: item.name,
  title: item.title,
  description: item.description,
  mimeType: item.mimeType,
});

function byName<Item>(
  kind: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): ReadonlyMap<string, Item> {
  const map = new Map<string, Item>();
  for (const item of items) {
    const name = nameOf(item);
    if (map.has(name))
      throw new Error(`the catalog has two of the ${kind} '${name}'`);
    map.set(name, item);
  }
  return map;
}
