/**
 * resources/*: lists, reads through an exact URI or the first template that knows it, and for legacy connections
 * subscriptions. Modern subscriptions are held by the SDK's entries; they only need to be told what changed.
 */

import type {
  ReadResourceResult,
  ServerContext,
} from "@modelcontextprotocol/server";
import { openCall } from "./call-context.ts";
import type { CallContext } from "./catalog.ts";
import type { CompiledCatalog, CompiledTemplate } from "./compiled-catalog.ts";
import { quoted } from "../core/quoted.ts";
import { pageOf } from "./pagination.ts";
import { asProtocolError, invalidParams } from "./refusal.ts";
import { handle, type Params, type Serving } from "./serving.ts";

/** Far more than a client has use for; each costs the server a string. */
const MAX_SUBSCRIPTIONS = 1_000;

interface Found {
  readonly contents: ReadResourceResult["contents"];
  readonly ttlMs: number;
}

export function serveResources(serving: Serving): void {
  const { compiled, server, era, pageSize } = serving;
  handle(server, "resources/list", ({ cursor }) => {
    const page = pageOf(
      "resources/list",
      compiled.resourceList,
      cursor,
      pageSize,
    );
    return { resources: page.items, ...next(page.nextCursor) };
  });
  handle(server, "resources/templates/list", ({ cursor }) => {
    const page = pageOf(
      "resources/templates/list",
      compiled.templateList,
      cursor,
      pageSize,
    );
    return { resourceTemplates: page.items, ...next(page.nextCursor) };
  });
  handle(server, "resources/read", (params, sdk) => read(serving, params, sdk));
  if (era === "legacy") serveSubscriptions(serving);
}

/** Passes on every change; whoever holds the subscriptions drops what nobody asked for. Returns how to stop. */
export function announceUpdates(serving: Serving): () => void {
  return (
    serving.compiled.catalog.onResourceUpdated?.((uri) =>
      sendUpdated(serving, uri),
    ) ?? (() => undefined)
  );
}

function serveSubscriptions(serving: Serving): void {
  const { compiled, server } = serving;
  const { onResourceUpdated } = compiled.catalog;
  if (onResourceUpdated === undefined) return;
  const subscribed = new Set<string>();
  let stop: (() => void) | null = null;
  handle(server, "resources/subscribe", (params) => {
    const uri = uriOf(params);
    if (!isKnown(compiled, uri)) throw notFound(uri);
    if (!subscribed.has(uri) && subscribed.size >= MAX_SUBSCRIPTIONS)
      throw invalidParams(
        `this connection already has ${MAX_SUBSCRIPTIONS} subscriptions, the most allowed; unsubscribe from one`,
      );
    subscribed.add(uri);
    stop ??=
      compiled.catalog.onResourceUpdated?.((changed) => {
        if (subscribed.has(changed)) sendUpdated(serving, changed);
      }) ?? null;
    return {};
  });
  handle(server, "resources/unsubscribe", (params) => {
    subscribed.delete(uriOf(params));
    return {};
  });
  const { onclose } = server;
  server.onclose = () => {
    stop?.();
    onclose?.();
  };
}

function sendUpdated({ server, onerror }: Serving, uri: string): void {
  if (server.transport === undefined) return;
  server.sendResourceUpdated({ uri }).catch(onerror);
}

async function read(
  serving: Serving,
  params: Params,
  sdk: ServerContext,
): Promise<object> {
  const uri = uriOf(params);
  const { call, finish } = openCall(serving, sdk);
  try {
    const found = await find(serving.compiled, uri, call);
    if (found === null) throw notFound(uri);
    return serving.era === "modern"
      ? { ...found, cacheScope: "private" }
      : { contents: found.contents };
  } catch (thrown) {
    throw asProtocolError(thrown);
  } finally {
    finish();
  }
}

async function find(
  compiled: CompiledCatalog,
  uri: string,
  call: CallContext,
): Promise<Found | null> {
  const exact = compiled.resources.get(uri);
  if (exact !== undefined)
    return { contents: await exact.read(call), ttlMs: exact.ttlMs ?? 0 };
  for (const template of compiled.templates) {
    const variables = variablesOf(template, uri);
    if (variables === null) continue;
    const contents = await template.definition.read(uri, variables, call);
    if (contents !== null)
      return { contents, ttlMs: template.definition.ttlMs ?? 0 };
  }
  return null;
}

const isKnown = (compiled: CompiledCatalog, uri: string): boolean =>
  compiled.resources.has(uri) ||
  compiled.templates.some((template) => variablesOf(template, uri) !== null);

/** Null when the URI is not of this template, or not decodable. */
function variablesOf(
  { pattern }: CompiledTemplate,
  uri: string,
): Readonly<Record<string, string>> | null {
  const matched = pattern.match(uri);
  if (matched === null) return null;
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(matched)) {
    try {
      variables[name] = decodeURIComponent(String(value));
    } catch {
      return null;
    }
  }
  return variables;
}

function uriOf({ uri }: Params): string {
  if (typeof uri !== "string") throw invalidParams("uri must be a string");
  return uri;
}

const notFound = (uri: string): Error =>
  invalidParams(`resource ${quoted(uri)} not found`, { uri });

const next = (cursor: string | null): { nextCursor?: string } =>
  cursor === null ? {} : { nextCursor: cursor };
