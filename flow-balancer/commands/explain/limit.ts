/** How long a run could take, and by whose word. */

export interface LimitInForce {
  readonly ms: number;
  readonly by: "task" | "kind" | "default" | "learned";
}

const WORDS: Readonly<Record<LimitInForce["by"], string>> = {
  task: "the task's own",
  kind: "configured for its kind",
  default: "the default: too little was known",
  learned: "learned (flow-balancer timeout-stats)",
};

export const limitWords = ({ ms, by }: LimitInForce): string =>
  `${ms} ms, ${WORDS[by]}`;
