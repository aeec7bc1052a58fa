/** Pause, drain and limit each tier of this server's pool; each can be taken back from its toast. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type {
  OverviewView,
  TierControlView,
} from "../../api/overview-views.ts";
import type { AuditEntryView, TierChange } from "../../api/shared-views.ts";
import { type Tier, TIERS } from "../../../flow-balancer/core/tier.ts";
import { postJson } from "../api.ts";
import { Badge } from "./badge.tsx";
import { Button } from "./button.tsx";
import { Card } from "./card.tsx";
import { toast, toastFailure } from "./toast.tsx";

const MEANINGS = {
  hot: "bound to a session",
  warm: "a kind is loaded",
  cold: "bare processes",
} as const;

const FREE: TierControlView = { paused: false, draining: false, limit: null };

export function TierControls({ at }: { readonly at: OverviewView }): VNode {
  const { pool, read_only } = at;
  return (
    <Card
      title="Tiers"
      flush
      aside={`at most ${pool.max_workers} workers`}
      data-testid="tier-controls"
    >
      <ul class="tier-rows">
        {TIERS.map((tier) => (
          <TierRow
            key={tier}
            tier={tier}
            workers={pool.tiers[tier] ?? 0}
            control={pool.controls[tier] ?? FREE}
            readOnly={read_only}
          />
        ))}
      </ul>
    </Card>
  );
}

interface TierRowProps {
  readonly tier: Tier;
  readonly workers: number;
  readonly control: TierControlView;
  readonly readOnly: boolean;
}

function TierRow({ tier, workers, control, readOnly }: TierRowProps): VNode {
  const { paused, draining, limit } = control;
  return (
    <li data-testid={`tier-${tier}`}>
      <span class="tier-name">
        <Badge of={tier} /> <span class="muted">{MEANINGS[tier]}</span>
      </span>
      <span class="tier-count">
        {workers} {workers === 1 ? "worker" : "workers"}
        {limit !== null && <span class="muted"> of at most {limit}</span>}
      </span>
      <span class="tier-states">
        {paused && <Badge of="paused" />}
        {draining && <Badge of="draining" />}
      </span>
      {!readOnly && (
        <span class="tier-actions">
          <Button
            label={`${paused ? "Resume" : "Pause"} ${tier}`}
            title={paused ? "Takes tasks again" : "Takes no new tasks"}
            onClick={() =>
              change(
                { tier, paused: !paused },
                paused ? "takes tasks again" : "is paused",
              )
            }
          >
            {paused ? "Resume" : "Pause"}
          </Button>
          <Button
            label={`Drain ${tier}`}
            title="Idle ones end now, busy ones when they are done"
            disabled={draining || workers === 0}
            onClick={() => change({ tier, drain: true }, "is drained")}
          >
            Drain
          </Button>
          <LimitField tier={tier} limit={limit} />
        </span>
      )}
    </li>
  );
}

/** Empty: no limit of its own. */
function LimitField({
  tier,
  limit,
}: {
  readonly tier: Tier;
  readonly limit: number | null;
}): VNode {
  const typed = useSignal<string | null>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (typed.value === null) return;
    const text = typed.value.trim();
    const next = text === "" ? null : Number(text);
    typed.value = null;
    if (next === limit) return;
    void change(
      { tier, limit: next },
      next === null ? "has no limit any more" : `has a limit of ${next}`,
    );
  };
  return (
    <form class="limit" onSubmit={submit}>
      <label>
        <span class="muted">limit</span>
        <input
          type="number"
          min="0"
          max="256"
          step="1"
          inputMode="numeric"
          placeholder="none"
          aria-label={`Limit of ${tier} workers`}
          value={typed.value ?? limit ?? ""}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
          }}
          onBlur={submit}
        />
      </label>
    </form>
  );
}

async function change(wanted: TierChange, done: string): Promise<void> {
  try {
    const entry = await postJson<AuditEntryView>("tiers", wanted);
    toast({
      text: `The ${wanted.tier} tier ${done}.`,
      ...(entry.can_undo && {
        undo: async () => {
          await postJson(`audit/${entry.seq}/undo`);
          toast({ text: `The ${wanted.tier} tier is as it was.` });
        },
      }),
    });
  } catch (error) {
    toastFailure(`The ${wanted.tier} tier could not be changed`, error);
  }
}
