import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import {
  DEMO_LIMITS,
  isUnchanged,
  selectFiles,
} from "../../flow-balancer/demo/select-files.ts";
import { SampleRepository } from "./sample-repository.ts";

let sample: SampleRepository;
beforeAll(async () => {
  sample = new SampleRepository();
  await sample.write("text.ts", "let x;\n");
  await sample.write("longer.ts", "let longer;\n");
  await sample.write("binary", new Uint8Array([65, 0, 66]));
  await sample.write("large.csv", "x".repeat(2_000));
  await sample.write("new\nline.ts", "");
  mkdirSync(join(sample.root, "submodule"));
  symlinkSync("text.ts", join(sample.root, "link.ts"));
  for (let index = 0; index < 20; index++)
    await sample.write(`many/${index}.ts`, "x".repeat(100));
});
afterAll(() => sample.remove());

describe("tracked files", () => {
  test("are taken if they are text of a bearable size, and counted otherwise", () => {
    const paths = [
      ...["text.ts", "longer.ts", "binary", "large.csv", "new\nline.ts"],
      ...["submodule", "link.ts", "deleted.ts", "not-utf-8-\uFFFD"],
    ];
    const limits = { ...DEMO_LIMITS, maxFileBytes: 1_000 };
    expect(selectFiles(sample.root, paths, limits)).toEqual({
      files: [
        { path: "longer.ts", bytes: 12, modifiedMs: expect.any(Number) },
        { path: "text.ts", bytes: 7, modifiedMs: expect.any(Number) },
      ],
      leftOut: {
        binary: 1,
        too_large: 1,
        not_a_file: 3,
        unprintable_name: 2,
        unreadable: 0,
        not_sampled: 0,
      },
    });
  });

  test("are known to have changed", async () => {
    await sample.write("edited.ts", "before\n");
    const [file] = selectFiles(sample.root, ["edited.ts"]).files;
    expect(isUnchanged(sample.root, file!)).toBe(true);
    await sample.write("edited.ts", "afterwards\n");
    expect(isUnchanged(sample.root, file!)).toBe(false);
    await sample.write("edited.ts", "before\n");
    utimesSync(join(sample.root, "edited.ts"), 1, 1);
    expect(isUnchanged(sample.root, file!)).toBe(false);
    rmSync(join(sample.root, "edited.ts"));
    expect(isUnchanged(sample.root, file!)).toBe(false);
  });

  const many = Array.from({ length: 20 }, (_, index) => `many/${index}.ts`);
  test.each([
    ["there are too many", { maxFiles: 5 }],
    ["they are too much", { maxTotalBytes: 500 }],
  ])("are sampled evenly where %s", (_name, limit) => {
    const limits = { ...DEMO_LIMITS, ...limit };
    const { files, leftOut } = selectFiles(sample.root, many, limits);
    expect(leftOut.not_sampled).toBe(15);
    expect(files.map(({ path }) => path)).toEqual(
      [3, 7, 11, 15, 19].map((index) => `many/${index}.ts`),
    );
  });
});
