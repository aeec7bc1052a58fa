/** The toolset `board`: work that agents in different terminals do themselves and divide among each other. */

import { z } from "zod";
import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import { quoted } from "../core/quoted.ts";
import type { EpochMs } from "../core/time.ts";
import {
  addFields,
  asField,
  capabilityList,
  completeFields,
  leaseField,
  toClaimer,
  toCompletion,
  toHolder,
  toItems,
  toUpdate,
  updateFields,
} from "./board-request.ts";
import {
  checkView,
  claimText,
  claimView,
  endView,
  itemText,
  itemView,
  statusText,
  statusView,
  updateView,
} from "./board-view.ts";
import { defineTool, type ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { taskIdField } from "./task-request.ts";

export function boardTools(deps: Deps): ToolDefinition[] {
  return [
    addTasks(deps),
    claimTask(deps),
    updateTask(deps),
    completeTask(deps),
    flowStatus(deps),
  ];
}

const capabilitiesField = capabilityList.describe("What you can do");

function addTasks(deps: Deps): ToolDefinition {
  return defineTool({
    name: "add_tasks",
    title: "Add tasks to the board",
    description:
      "Puts work for agents on the board that all terminals share: all of the list or, if something is wrong with it, nothing.",
    input: z.object({ ...addFields, as: asField }),
    output: z.looseObject({
      tasks: z.array(z.looseObject({ task_id: z.string() })),
    }),
    annotations: { destructiveHint: false, openWorldHint: false },
    async run({ as, ...args }, call) {
      const engine = await deps.engine();
      const items = await engine.board.add(
        toItems(args),
        args.type ?? "parallel",
        toHolder(as, engine, call.connection),
      );
      const tasks = items.map((item, index) => ({
        task_id: item.id,
        title: item.title,
        status: item.isReady ? "ready" : "blocked",
        ...(args.tasks[index]?.key === undefined
          ? {}
          : { key: args.tasks[index].key }),
      }));
      return {
        structuredContent: { tasks },
        content: [{ type: "text", text: items.map(itemText).join("\n") }],
      };
    },
  });
}

function claimTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "claim_task",
    title: "Claim a task of the board",
    description:
      "Makes the task that suits you best yours alone (or the one named), and says why; or says why there is none. " +
      "It is another's after lease_ms (10 min) without update_task.",
    input: z.object({
      task_id: taskIdField.optional(),
      capabilities: capabilitiesField,
      lease_ms: leaseField,
      as: asField,
    }),
    output: z.looseObject({ task: z.looseObject({}).nullable() }),
    annotations: { destructiveHint: false, openWorldHint: false },
    async run({ task_id, capabilities, lease_ms, as }, call) {
      const engine = await deps.engine();
      const report = await engine.board.claim(
        toClaimer(toHolder(as, engine, call.connection), capabilities),
        {
          id: (task_id as TaskId | undefined) ?? null,
          leaseMs: lease_ms ?? null,
        },
      );
      return {
        structuredContent: claimView(report),
        content: [{ type: "text", text: claimText(report) }],
      };
    },
  });
}

function updateTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "update_task",
    title: "Say how a claimed task goes on",
    description:
      "Keeps your claim alive, with or without progress, a note, resources to have alone; or gives the task back. " +
      "hold 'cancel' in the answer: stop, somebody wants it cancelled.",
    input: z.object({
      task_id: taskIdField,
      ...updateFields,
      lease_ms: leaseField,
      as: asField,
    }),
    output: z.looseObject({ hold: z.string() }),
    annotations: { destructiveHint: false, openWorldHint: false },
    async run({ task_id, lease_ms, as, ...args }, call) {
      const engine = await deps.engine();
      const report = await engine.board.update(
        task_id as TaskId,
        toHolder(as, engine, call.connection),
        toUpdate(args, lease_ms),
      );
      const view = updateView(report);
      return {
        structuredContent: view,
        content: [
          {
            type: "text",
            text: [
              `${report.hold}: ${itemText(report.item)}`,
              ...view.refused.map(
                ({ name, holder }) => `${name}: ${holder} has it`,
              ),
            ].join("\n"),
          },
        ],
      };
    },
  });
}

function completeTask(deps: Deps): ToolDefinition {
  return defineTool({
    name: "complete_task",
    title: "Complete a claimed task",
    description:
      "Ends your task. Evidence is looked at before it is believed: if something does not hold, NOT_PROVEN says what, and the task is still yours.",
    input: z.object({ task_id: taskIdField, ...completeFields, as: asField }),
    output: z.looseObject({ task: z.looseObject({}) }),
    annotations: { destructiveHint: false, openWorldHint: true },
    async run({ task_id, as, ...args }, call) {
      const engine = await deps.engine();
      const { item, checks, released } = await engine.board.complete(
        task_id as TaskId,
        toHolder(as, engine, call.connection),
        toCompletion(args),
      );
      return {
        structuredContent: {
          task: endView(item),
          checks: checks.map(checkView),
          released,
        },
        content: [
          {
            type: "text",
            text: `${itemText(item)}; ${checks.length} checks held; ${released.length} tasks became ready`,
          },
        ],
      };
    },
  });
}

function flowStatus(deps: Deps): ToolDefinition {
  return defineTool({
    name: "flow_status",
    title: "State of the board",
    description:
      "What is being done, by whom, what is ready for you, what waits for what, and what happened while you were away; with task_id, all of that task.",
    input: z.object({
      task_id: taskIdField.optional(),
      capabilities: capabilitiesField,
      since: z.iso.datetime({ offset: true }).optional(),
      as: asField,
    }),
    output: z.looseObject({}),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ task_id, capabilities, since, as }, call) {
      const engine = await deps.engine();
      if (task_id !== undefined) {
        const item = await engine.board.get(task_id as TaskId);
        if (item === null)
          throw new BalancerError(
            "NOT_FOUND",
            `there is no task ${quoted(task_id)} on the board`,
            { hint: "flow_status without task_id shows those there are." },
          );
        return {
          structuredContent: itemView(item),
          content: [{ type: "text", text: itemText(item) }],
        };
      }
      const status = await engine.board.status(
        toClaimer(toHolder(as, engine, call.connection), capabilities),
        since === undefined ? null : (Date.parse(since) as EpochMs),
      );
      return {
        structuredContent: statusView(status),
        content: [{ type: "text", text: statusText(status) }],
      };
    },
  });
}
