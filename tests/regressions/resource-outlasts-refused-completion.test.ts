import { expect, test } from "bun:test";
import {
  ADA,
  item,
  LEASE_MS,
  newBoard,
  refusal,
} from "../board/board-under-test.ts";

test("a completion that is not proven leaves its holder the resources for as long as the item", async () => {
  const rig = newBoard();
  await rig.add(item("work"));
  const { id } = (await rig.claim(ADA)).claimed!.item;
  await rig.update(id, ADA, { claimResources: ["src/a.ts"] });
  rig.env.advance(LEASE_MS / 2);
  const { code } = await refusal(
    rig.complete(id, ADA, {
      evidence: [{ type: "command", argv: ["false"], cwd: null }],
    }),
  );
  expect(code).toBe("NOT_PROVEN");
  rig.env.advance(LEASE_MS - 1);
  const { active, resources } = await rig.status(ADA);
  expect(active.map((it) => it.id)).toEqual([id]);
  expect(resources.map(({ name, taskId }) => [name, taskId])).toEqual([
    ["src/a.ts", id],
  ]);
  await rig.close();
});
