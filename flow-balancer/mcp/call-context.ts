/** One call's context, made of what the SDK knows; the same for tools, resources and prompts. */

import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { parseTraceparent, traceparentOf } from "../core/trace-context.ts";
import type { CallContext } from "./catalog.ts";
import { Progress } from "./progress.ts";
import type { Serving } from "./serving.ts";

export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** What a modern request says of its sender; the SDK has checked the shapes. Empty on a legacy one. */
interface Envelope {
  readonly [CLIENT_CAPABILITIES_META_KEY]?: {
    readonly extensions?: Readonly<Record<string, unknown>>;
  };
  readonly [CLIENT_INFO_META_KEY]?: {
    readonly name: string;
    readonly version: string;
  };
}

const envelopeOf = (sdk: ServerContext): Envelope => sdk.mcpReq.envelope ?? {};

interface OpenCall {
  readonly call: CallContext;
  /** To be called before the answer leaves: no progress goes out after it. */
  finish(): void;
}

export function openCall(serving: Serving, sdk: ServerContext): OpenCall {
  const token = sdk.mcpReq._meta?.progressToken;
  const progress =
    token === undefined
      ? null
      : new Progress(serving.env, (report) => {
          sdk.mcpReq
            .notify({
              method: "notifications/progress",
              params: { progressToken: token, ...report },
            })
            .catch(serving.onerror);
        });
  return {
    call: {
      era: serving.era,
      receivedAt: serving.env.mono(),
      signal: sdk.mcpReq.signal,
      client: clientOf(serving, sdk),
      connection: serving.connection,
      acceptsTask: declaredTasks(sdk),
      progress:
        progress === null
          ? null
          : (done, total, message) => progress.report(done, total, message),
      traceparent: traceparentIn(sdk),
      log(level, data) {
        if (!serving.logGate.passes(level, sdk)) return;
        sdk.mcpReq
          .notify({ method: "notifications/message", params: { level, data } })
          .catch(serving.onerror);
      },
      sdk,
    },
    finish() {
      progress?.finish();
    },
  };
}

function traceparentIn(sdk: ServerContext): string | null {
  const found = parseTraceparent(sdk.mcpReq._meta?.["traceparent"]);
  return found === null ? null : traceparentOf(found);
}

/** Only the envelope of a modern request can declare it, and only for that request. */
export const declaredTasks = (sdk: ServerContext): boolean =>
  envelopeOf(sdk)[CLIENT_CAPABILITIES_META_KEY]?.extensions?.[
    TASKS_EXTENSION
  ] !== undefined;

function clientOf(serving: Serving, sdk: ServerContext): CallContext["client"] {
  const info =
    serving.era === "modern"
      ? envelopeOf(sdk)[CLIENT_INFO_META_KEY]
      : serving.server.getClientVersion();
  return info === undefined ? null : { name: info.name, version: info.version };
}
