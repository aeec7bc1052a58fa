import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClaimFolders } from "../../flow-balancer/queue/claim-folders.ts";
import { BOB, refusal } from "../board/board-under-test.ts";
import { BridgeRig } from "./bridge-rig.ts";

let scripts: BridgeRig;
beforeEach(() => {
  scripts = new BridgeRig();
});
afterEach(async () => {
  rmSync(scripts.claims, { recursive: true, force: true });
  await scripts.rig.close();
});

const WAYS = [
  ["a file", () => writeFileSync(scripts.claims, "mine")],
  ["a link", () => symlinkSync(scripts.rig.home, scripts.claims)],
  ["a link to nowhere", () => symlinkSync("nowhere", scripts.claims)],
] as const;

test.each(WAYS)(
  "%s in the place of the folders of scripts is refused in one sentence, and left as it is",
  async (_, put) => {
    rmSync(scripts.claims, { recursive: true });
    put();
    const { code, message } = await refusal(scripts.newBridge().sync());
    expect([code, message]).toEqual([
      "UNSAFE_PERMISSIONS",
      `${scripts.claims} is not a directory of ours, so scripts are offered no work`,
    ]);
    for (const name of ["offer", "nowhere"])
      expect(existsSync(join(scripts.rig.home, name))).toBe(false);
  },
);

test("a bridge starts all the same, complains once however often it looks, and goes on once it is mended", async () => {
  const { env } = scripts.rig;
  rmSync(scripts.claims, { recursive: true });
  writeFileSync(scripts.claims, "");
  const bridge = scripts.newBridge();
  // As a server does it: a look that is waited for, and one every second from then on.
  await refusal(bridge.sync());
  bridge.start();
  for (let second = 0; second < 5; second++) {
    env.advance(1_000);
    await Bun.sleep(0);
  }
  expect(scripts.errors).toEqual([]);
  rmSync(scripts.claims);
  env.advance(1_000);
  await Bun.sleep(0);
  expect(scripts.list("offer")).toEqual([]);
  rmSync(scripts.claims, { recursive: true });
  writeFileSync(scripts.claims, "");
  for (let second = 0; second < 5; second++) {
    env.advance(1_000);
    await Bun.sleep(0);
  }
  expect(scripts.errors).toHaveLength(1);
  await bridge.stop({ isLast: true });
});

test("an offer that cannot be taken back is not claimed, and the claim says who has it; the rest of the board works", async () => {
  const { rig } = scripts;
  const [offered] = await scripts.add(1);
  await scripts.wanted();
  rmSync(scripts.claims, { recursive: true });
  writeFileSync(scripts.claims, "");
  const folders = new ClaimFolders(rig.home, () => rig.env.unique());
  expect(folders.withdraw({ id: offered!, fence: 1 })).toBe(false);
  const { claimed } = await rig.claim(BOB, { id: offered! });
  expect(claimed).toBeNull();
  const [, other] = await scripts.add(2);
  expect((await rig.claim(BOB, { id: other! })).claimed?.item.id).toBe(other!);
});
