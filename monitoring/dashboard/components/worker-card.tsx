/** One worker: its tier and state, what it runs, how full it is, its memory and age. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { WorkerView } from "../../api/overview-views.ts";
import { postJson } from "../api.ts";
import { bytes, count, duration } from "../format.ts";
import { Link } from "../router.ts";
import { Badge, toneOf } from "./badge.tsx";
import { Bar } from "./bar.tsx";
import { Button } from "./button.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Lasting } from "./time.tsx";
import { toast, toastFailure } from "./toast.tsx";

/** A busy worker that has said nothing for so long is worth a word. */
const SILENT_MS = 5_000;

const WELL = new Set(["working", "idle", "starting", "unclear"]);

interface WorkerCardProps {
  readonly worker: WorkerView;
  readonly canKill: boolean;
}

export function WorkerCard({ worker, canKill }: WorkerCardProps): VNode {
  const asking = useSignal(false);
  return (
    <li
      class="worker"
      data-tone={toneOf(worker.tier)}
      data-testid="worker"
      data-worker={worker.id}
      data-state={worker.state}
      data-tier={worker.tier}
      aria-label={`Worker ${worker.id}`}
    >
      <div class="worker-head">
        <strong class="mono">{worker.id}</strong>
        <span class="muted">pid {worker.pid}</span>
        <span class="worker-states">
          <Badge of={worker.tier} title={`Tier: ${worker.tier}`} />
          <Badge of={worker.state} />
        </span>
      </div>
      <Doing worker={worker} />
      <Bar
        share={worker.utilisation}
        label={`Worker ${worker.id} busy in the last minute`}
      />
      <div class="worker-foot muted">
        <span title="Its own memory">{bytes(worker.memory_bytes)}</span>
        <span title="Age">{duration(coarse(worker.age_ms))} old</span>
        <span title={`Loaded: ${worker.loaded.join(", ") || "nothing"}`}>
          {count(worker.tasks_done)} done
        </span>
        {canKill && (
          <Button
            kind="quiet"
            label={`Kill worker ${worker.id}`}
            data-testid="kill"
            onClick={() => {
              asking.value = true;
            }}
          >
            Kill
          </Button>
        )}
      </div>
      {asking.value && (
        <KillDialog
          worker={worker}
          onClose={() => {
            asking.value = false;
          }}
        />
      )}
    </li>
  );
}

const KillDialog = ({
  worker,
  onClose,
}: {
  readonly worker: WorkerView;
  readonly onClose: () => void;
}): VNode => (
  <ConfirmDialog
    title={`Kill worker ${worker.id}?`}
    action="Kill worker"
    onConfirm={() => kill(worker.id)}
    onClose={onClose}
  >
    {worker.task === null
      ? "It runs nothing now. Another takes its place."
      : `What it runs (${worker.task_kind ?? "a task"}) is handled as a crash: it is run again where that is allowed. This cannot be undone.`}
  </ConfirmDialog>
);

/** Seconds are enough for an age, and do not flicker. */
const coarse = (ms: number): number => Math.floor(ms / 1000) * 1000;

function Doing({ worker }: { readonly worker: WorkerView }): VNode {
  const { task, task_kind, task_since, tasks_in_flight, session } = worker;
  return (
    <div class="worker-doing">
      {task === null ? (
        <span class="muted">
          {worker.state === "starting"
            ? "starting"
            : `nothing${worker.loaded.length > 0 ? ` · has ${worker.loaded.join(", ")}` : ""}`}
        </span>
      ) : (
        <>
          <Link href={`/ui/tasks/${encodeURIComponent(task)}`} title={task}>
            {task_kind ?? task}
          </Link>{" "}
          <span>
            <Lasting since={task_since} />
          </span>
          {tasks_in_flight > 1 && (
            <span class="muted"> +{tasks_in_flight - 1}</span>
          )}
        </>
      )}
      {session !== null && (
        <Link
          class="worker-session muted"
          href={`/ui/tasks?session=${encodeURIComponent(session)}`}
          title={`Session ${session}`}
        >
          {session}
        </Link>
      )}
      {worker.health !== null && !WELL.has(worker.health) && (
        <div class={worker.heard_ms_ago > SILENT_MS ? "bad-text" : "muted"}>
          {worker.health.replaceAll("_", " ")}
          {worker.heard_ms_ago > SILENT_MS &&
            `, heard ${duration(coarse(worker.heard_ms_ago))} ago`}
        </div>
      )}
    </div>
  );
}

async function kill(id: string): Promise<void> {
  try {
    await postJson(`workers/${encodeURIComponent(id)}/kill`);
    toast({ text: `Worker ${id} was killed; another takes its place.` });
  } catch (error) {
    toastFailure(`Worker ${id} could not be killed`, error);
  }
}
