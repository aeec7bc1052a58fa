import { expect, test } from "bun:test";
import { holderId } from "../../flow-balancer/core/ids.ts";
import type { SessionId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { newQueue, request } from "../support/queue-under-test.ts";

test("of a kind only those of sessions, or only those of none, are claimed; each in its order", async () => {
  const { queue } = newQueue();
  const submit = async (session: string | null): Promise<string> => {
    const { task } = await queue.record(
      request({ session: session as SessionId | null }),
      PLAIN_TERMS,
    );
    return task.id;
  };
  const ids: string[] = [];
  for (const session of ["a", null, "b", null, "a"])
    ids.push(await submit(session));
  const claim = async (max: number, inSession?: boolean): Promise<string[]> => {
    const claimed = await queue.claim({
      ...{ queue: "pool", holder: holderId("me"), max, leaseMs: null },
      kinds: ["shell"],
      ...(inSession !== undefined && { inSession }),
    });
    return claimed.map(({ task }) => task.id);
  };
  expect(await claim(9, false)).toEqual([ids[1]!, ids[3]!]);
  expect(await claim(2, true)).toEqual([ids[0]!, ids[2]!]);
  expect(await claim(9, false)).toEqual([]);
  expect(await claim(9)).toEqual([ids[4]!]);
});
