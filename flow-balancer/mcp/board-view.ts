/** The board in the words of the wire. */

import type {
  BoardItem,
  ClaimReport,
  Evidence,
  EvidenceCheck,
  FlowStatus,
  Note,
  Obstacle,
  Suggestion,
  UpdateReport,
} from "../core/board.ts";
import { isTerminal } from "../core/task.ts";

/** Of the notes, whoever claims is shown so many at once, and so many characters of them. */
const MAX_CLAIM_NOTES = 10;
const MAX_CLAIM_CHARS = 16_384;
const OLDER_NOTES = "flow_status with this task_id shows older notes";

const time = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString();

/** All of it. What is not said is left out: a model reads it. */
export function itemView(item: BoardItem) {
  return {
    task_id: item.id,
    title: item.title,
    status: statusOf(item),
    weight: item.weight,
    priority: item.priority,
    attempt: item.attempt,
    ...(item.details === null ? {} : { details: item.details }),
    ...(item.capabilities.length === 0
      ? {}
      : { capabilities: item.capabilities }),
    ...(item.after.length === 0
      ? {}
      : { after: item.after.map(({ id, on }) => ({ task_id: id, on })) }),
    ...(item.workedBy === null ? {} : { worked_by: item.workedBy }),
    ...progressView(item),
    ...leaseView(item),
    ...(item.required.length === 0
      ? {}
      : { evidence_needed: item.required.map(evidenceView) }),
    ...(item.proven === null ? {} : { proven: item.proven.map(checkView) }),
    ...(item.summary === null ? {} : { summary: item.summary }),
    ...(item.notes.length === 0
      ? {}
      : {
          notes: item.notes.map(({ at, by, text }) => ({
            at: time(at),
            by,
            text,
          })),
        }),
    ...(item.startedAt === null ? {} : { started_at: time(item.startedAt) }),
    ...(item.settledAt === null ? {} : { ended_at: time(item.settledAt) }),
    ...(item.error === null ? {} : { error: item.error }),
  };
}

const progressView = ({ progress }: BoardItem) =>
  progress === null ? {} : { progress };

const leaseView = ({ leaseLeftMs }: BoardItem) =>
  leaseLeftMs === null ? {} : { lease_left_ms: leaseLeftMs };

/** Of one among many. */
const activeView = (item: BoardItem) => ({
  task_id: item.id,
  title: item.title,
  status: statusOf(item),
  weight: item.weight,
  worked_by: item.workedBy,
  ...progressView(item),
  since: time(item.startedAt),
  ...leaseView(item),
});

export const updateView = ({ item, hold, leaseMs, refused }: UpdateReport) => ({
  task_id: item.id,
  status: statusOf(item),
  ...progressView(item),
  hold,
  lease_ms: leaseMs,
  refused: refused.map(({ name, holder, taskId }) => ({
    name,
    holder,
    task_id: taskId,
  })),
});

/** Whoever ended it knows what it was. */
export const endView = (item: BoardItem) => ({
  task_id: item.id,
  title: item.title,
  status: statusOf(item),
  ...(item.summary === null ? {} : { summary: item.summary }),
});

/** The newest that fit; oldest first. */
function newestNotes(notes: readonly Note[]): readonly Note[] {
  let chars = 0;
  let from = notes.length;
  for (const { text } of notes.slice(-MAX_CLAIM_NOTES).reverse()) {
    chars += text.length;
    if (chars > MAX_CLAIM_CHARS) break;
    from -= 1;
  }
  return notes.slice(from);
}

function claimedView(item: BoardItem) {
  const notes = newestNotes(item.notes);
  return {
    ...itemView({ ...item, notes }),
    ...(notes.length < item.notes.length ? { older_notes: OLDER_NOTES } : {}),
  };
}

const statusOf = ({ state, isReady }: BoardItem): string =>
  state === "queued" ? (isReady ? "ready" : "blocked") : state;

const evidenceView = (evidence: Evidence) => {
  switch (evidence.type) {
    case "command":
      return {
        command: evidence.argv,
        ...(evidence.cwd === null ? {} : { cwd: evidence.cwd }),
      };
    case "file":
      return {
        file: evidence.path,
        ...(evidence.sha256 === null ? {} : { sha256: evidence.sha256 }),
      };
    case "task":
      return { task_id: evidence.id };
  }
};

export const checkView = ({ evidence, holds, seen }: EvidenceCheck) => ({
  ...evidenceView(evidence),
  holds,
  seen,
});

const suggestionView = ({ id, ...rest }: Suggestion) => ({
  task_id: id,
  ...rest,
});

const obstacleView = ({ id, ...rest }: Obstacle) => ({ task_id: id, ...rest });

export const claimView = ({
  claimed,
  load,
  others,
  obstacles,
}: ClaimReport) => ({
  task: claimed === null ? null : claimedView(claimed.item),
  ...(claimed === null
    ? {}
    : { lease_ms: claimed.leaseMs, reasons: claimed.reasons }),
  load: { active_weight: load.activeWeight, capacity: load.capacity },
  others: others.map(suggestionView),
  obstacles: obstacles.map(obstacleView),
});

export const statusView = (status: FlowStatus) => ({
  counts: status.counts,
  active: status.active.map(activeView),
  ready: status.ready.map(suggestionView),
  blocked: status.blocked.map(obstacleView),
  resources: status.resources.map(({ name, holder, taskId, claimedAt }) => ({
    name,
    holder,
    task_id: taskId,
    since: time(claimedAt),
  })),
  load: {
    active_weight: status.load.activeWeight,
    capacity: status.load.capacity,
  },
  since: time(status.since),
  events: status.events.map(({ at, type, taskId, title, by, detail }) => ({
    at: time(at),
    type,
    task_id: taskId,
    title,
    by,
    ...detail,
  })),
});

export const itemText = (item: BoardItem): string =>
  `${item.id} ${statusOf(item)}: ${item.title}${isTerminal(item.state) || item.workedBy === null ? "" : ` (${item.workedBy})`}`;

export function claimText({ claimed, load, obstacles }: ClaimReport): string {
  if (claimed !== null) {
    const { item, reasons } = claimed;
    const details = item.details === null ? [] : [item.details];
    const newest = newestNotes(item.notes);
    const notes = newest.map(({ by, text }) => `Note of ${by}: ${text}`);
    const older =
      newest.length < item.notes.length ? [`There are older notes.`] : [];
    return [
      `${item.id} is yours: ${item.title}`,
      ...details,
      ...older,
      ...notes,
      `Why: ${reasons.join("; ")}.`,
    ].join("\n");
  }
  const why = obstacles.map(
    ({ id, title, reason }) => `${id} ${title}: ${reason}`,
  );
  return [
    `Nothing to claim; you have a weight of ${load.activeWeight} of ${load.capacity} in hand.`,
    ...why,
  ].join("\n");
}

export function statusText({ counts, active, events }: FlowStatus): string {
  const some = (["ready", "blocked", "running", "completed", "failed"] as const)
    .map((state) => `${counts[state]} ${state}`)
    .join(", ");
  return [
    some,
    ...active.map(itemText),
    ...events.map(
      ({ type, title, by }) =>
        `${type}${title === null ? "" : ` ${title}`}${by === null ? "" : ` by ${by}`}`,
    ),
  ].join("\n");
}
