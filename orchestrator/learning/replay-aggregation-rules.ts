/**
 * Ways to make one answer of several experts' answers to recorded tasks. Each says its answer to a task
 * first, and is told what was right afterwards. Handed back is the output of the first (of the learned
 * ways: the most reliable) expert who gave the answer that won; whether two outputs give the same answer
 * is told from the outputs alone.
 */

import {
  type Belief,
  byReliability,
  consensus,
  type Vote,
} from "./consensus.ts";
import { settled } from "./consensus-stop.ts";
import { Agreement } from "./reliability-agreement.ts";
import { Reliability } from "./reliability.ts";

export interface RecordedAnswer {
  readonly expert: string;
  /** Canonical; null: no answer was given. */
  readonly key: string | null;
  /** Null: nobody checked. */
  readonly ok: boolean | null;
}

export interface RecordedTask {
  readonly type: string;
  /** One an expert, in the order of the trace. */
  readonly answers: readonly RecordedAnswer[];
}

export interface Choice {
  /** Whose output is handed back; null: nobody's. */
  readonly chosen: RecordedAnswer | null;
  /** It is handed back as what leads, not as the answer. */
  readonly isGuess?: boolean;
  readonly calls: number;
}

export interface Rule {
  readonly rule: string;
  choose(task: RecordedTask): Choice;
}

/** Those who are asked last are asked too until so much is known of them. */
const ENOUGH_RUNS = 20;

export const majority: Rule = {
  rule: "majority",
  choose({ answers }) {
    const counts = new Map<string, number>();
    for (const { key } of answers)
      if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return {
      chosen:
        answers.find(({ key }) => key !== null && counts.get(key) === most) ??
        null,
      calls: answers.length,
    };
  },
};

export const firstTwoAgree: Rule = {
  rule: "first two that agree",
  choose({ answers }) {
    const seen = new Map<string, RecordedAnswer>();
    for (const [at, answer] of answers.entries()) {
      if (answer.key === null) continue;
      const first = seen.get(answer.key);
      if (first !== undefined) return { chosen: first, calls: at + 1 };
      seen.set(answer.key, answer);
    }
    return { chosen: null, calls: answers.length };
  },
};

export function bestSoFar(): Rule {
  const learned = new Reliability();
  return {
    rule: "best expert so far",
    choose(task) {
      const belief = learned.belief(task.type);
      const [first] = inOrder(task, belief);
      learned.learn(task.type, checkedOf(task.answers));
      return { chosen: first ?? null, calls: Math.min(1, task.answers.length) };
    },
  };
}

export function weightedByAgreement(): Rule {
  const learned = new Agreement();
  return {
    rule: "weighted, learned from agreement alone",
    choose(task) {
      const votes = votesOf(task, task.answers);
      const choice = handedBack(task, votes, learned.belief(task.type));
      learned.learn(task.type, votes);
      return { chosen: choice, calls: task.answers.length };
    },
  };
}

interface EarlyStop {
  /** Stops too where the leading answer's chance is above; 1: only where the verdict can't change. */
  readonly sureAt: number;
  /** Left out: it is told of all answers afterwards, also of those it didn't wait for. */
  readonly learnsFrom?: "asked";
}

export function weightedByChecks(rule: string, stop?: EarlyStop): Rule {
  const learned = new Reliability();
  return {
    rule,
    choose(task) {
      const belief = learned.belief(task.type);
      const order = inOrder(task, belief);
      const asked =
        stop === undefined ? order : askUntilSettled(task, order, belief, stop);
      const chosen = handedBack(task, votesOf(task, asked), belief);
      learned.learn(
        task.type,
        checkedOf(stop?.learnsFrom === "asked" ? asked : order),
      );
      return { chosen, calls: asked.length };
    },
  };
}

/** The most reliable first. */
function askUntilSettled(
  task: RecordedTask,
  order: readonly RecordedAnswer[],
  belief: Belief,
  { sureAt, learnsFrom }: EarlyStop,
): readonly RecordedAnswer[] {
  for (let asked = 1; asked < order.length; asked++) {
    const votes = votesOf(task, order.slice(0, asked));
    const waiting = order.slice(asked).map((answer) => ({
      place: task.answers.indexOf(answer),
      expert: answer.expert,
    }));
    const isKnown =
      learnsFrom !== "asked" ||
      waiting.every(({ expert }) => belief.runsOf(expert) >= ENOUGH_RUNS);
    if (isKnown && settled(votes, waiting, belief, sureAt) !== null)
      return order.slice(0, asked);
  }
  return order;
}

function inOrder(task: RecordedTask, belief: Belief): RecordedAnswer[] {
  const order = byReliability(belief);
  return task.answers
    .map((answer, place) => ({ answer, place, expert: answer.expert }))
    .sort(order)
    .map(({ answer }) => answer);
}

function handedBack(
  task: RecordedTask,
  votes: readonly Vote[],
  belief: Belief,
): RecordedAnswer | null {
  const place = consensus(votes, belief)[0]?.voters[0]?.place;
  return place === undefined ? null : (task.answers[place] ?? null);
}

const votesOf = (
  { answers }: RecordedTask,
  given: readonly RecordedAnswer[],
): Vote[] =>
  given.flatMap((answer) =>
    answer.key === null
      ? []
      : [
          {
            place: answers.indexOf(answer),
            expert: answer.expert,
            key: answer.key,
          },
        ],
  );

const checkedOf = (answers: readonly RecordedAnswer[]) =>
  answers.flatMap(({ expert, key, ok }) =>
    ok === null ? [] : [{ expert, key, ok }],
  );
