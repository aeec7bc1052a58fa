import { expect, spyOn, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClaimFolders } from "../../flow-balancer/queue/claim-folders.ts";

test("a claim whose folder another process clears away during a look is passed over, and the rest is read", () => {
  const home = fs.mkdtempSync(join(tmpdir(), "flow-balancer-gone-"));
  try {
    const folders = new ClaimFolders(home, () => "1");
    folders.prepare();
    const claim = (key: string): string => join(home, "claims", "claim", key);
    for (const key of ["task_a.1", "task_b.1"]) fs.mkdirSync(claim(key));
    const { chmodSync } = fs;
    using _ = spyOn(fs, "chmodSync").mockImplementation((path, mode) => {
      if (path === claim("task_a.1")) fs.rmdirSync(path);
      chmodSync(path, mode);
    });
    expect(folders.claims()).toEqual({
      keys: new Set(["task_b.1"]) as never,
      moved: 0,
    });
  } finally {
    fs.rmSync(home, { recursive: true });
  }
});
