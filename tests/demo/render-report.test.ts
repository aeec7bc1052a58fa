import { describe, expect, test } from "bun:test";
import { createPaint } from "../../flow-balancer/core/paint.ts";
import { createProgress } from "../../flow-balancer/demo/progress-bar.ts";
import { renderReport } from "../../flow-balancer/demo/render-report.ts";
import type { DemoReport } from "../../flow-balancer/demo/report.ts";

const sizes = {
  lines: 12_345,
  tokens: 234_567,
  bytes: 1_234_567,
  gzip_bytes: 400_000,
  zstd_bytes: 390_000,
  brotli_bytes: 380_000,
};
const times = { p50: 1.234, p95: 56.789 };
const report: DemoReport = {
  schema: 1,
  repo: "/home/ada/a-project-with-a-name/that/is/rather/long/for-a-terminal",
  machine: { cpus: 2, bun: "1.4.5", platform: "linux-x64" },
  protocol: "2026-07-28",
  files: {
    analysed: 990,
    words: 123_456,
    changed_meanwhile: 0,
    left_out: {
      binary: 12,
      too_large: 1,
      not_a_file: 0,
      unprintable_name: 0,
      unreadable: 0,
      not_sampled: 3_117,
    },
  },
  totals: sizes,
  languages: Array.from({ length: 12 }, (_, index) => ({
    language: `Language ${index}`,
    files: 10,
    ...sizes,
  })),
  top_files: [
    { path: "some/folder/with/a/rather/long/name.ts", sha256: "0", ...sizes },
  ],
  history: {
    commits: 300,
    authors: 7,
    lines_added: 12_345,
    lines_deleted: 1,
    most_changed: [{ path: "a.ts", commits: 17 }],
    partial: true,
  },
  tasks: {
    completed: 992,
    per_second: 190.4,
    tiers: { hot: 990, warm: 2, cold: 0 },
    warm_up_tiers: { hot: 6, warm: 0, cold: 2 },
    wait_ms: times,
    start_ms: times,
    run_ms: times,
  },
  speedup: {
    workers: 2,
    tasks_a_run: 992,
    parallel_ms: [5_000],
    single_ms: [9_000],
    single_busy: 0.55,
    ratio: 1.8,
  },
  checks: [
    {
      name: "lines, bytes of 990 files",
      by: "git rev-list",
      ok: true,
      mismatch: null,
    },
  ],
  ok: true,
};
const plain = createPaint(false, {});

describe("the report", () => {
  test.each([60, 80, 110])("fits %i columns", (width) => {
    const checks = [...report.checks, { ...report.checks[0]!, ok: false }];
    const text = renderReport({ ...report, checks }, width, plain);
    for (const line of text.split("\n"))
      if (!line.startsWith("/home"))
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
  });

  test("says what it left out and what is seldom", () => {
    const text = renderReport(report, 100, plain);
    expect(text).toContain(
      "left out: 12 binary, 1 over 256 KiB, 3,117 to save time",
    );
    expect(text).toMatch(/^5 others +50 /m);
    expect(text).toContain("the newest 300 commits by 7 authors");
    expect(text).toContain("1.80x with 2 workers against one");
  });

  test("keeps its doubts where there are none", () => {
    const text = renderReport(report, 100, plain);
    expect(text).not.toMatch(/no gain|busy|too little|more than so many/);
    expect(text).not.toContain("changed meanwhile");
  });

  test("says what could not be checked", () => {
    const files = { ...report.files, changed_meanwhile: 1 };
    expect(renderReport({ ...report, files }, 100, plain)).toEndWith(
      "          1 file changed meanwhile and could not be checked\n",
    );
  });

  test("shows a mismatch and where it is", () => {
    const checks = [
      { name: "lines", by: "wc", ok: false, mismatch: "a.ts: got 1" },
    ];
    const text = renderReport({ ...report, checks, ok: false }, 80, plain);
    expect(text).toContain("MISMATCH  lines  wc\n          a.ts: got 1\n");
  });

  test.each([
    [{ ratio: 0.9 }, "no gain on this machine"],
    [{ ratio: 1.2, single_busy: 0.97 }, "were 97% busy with one worker"],
    [{ ratio: 3 }, "more than so many workers can do"],
    [{ single_ms: [20], ratio: 2 }, "too little work"],
    [{ workers: 1, ratio: 1.1 }, "both had one worker"],
  ])("doubts what is doubtful: %o", (odd, words) => {
    const speedup = { ...report.speedup, ...odd };
    expect(renderReport({ ...report, speedup }, 100, plain)).toContain(words);
  });

  test("is coloured on a terminal only, and never against NO_COLOR", () => {
    const coloured = (isTTY: boolean, env: Record<string, string>): boolean =>
      renderReport(report, 80, createPaint(isTTY, env)).includes("\u001B[");
    expect(coloured(true, {})).toBe(true);
    expect(coloured(true, { NO_COLOR: "1" })).toBe(false);
    expect(coloured(true, { TERM: "dumb" })).toBe(false);
    expect(coloured(false, {})).toBe(false);
  });
});

describe("progress", () => {
  const written = (isTTY: boolean, columns: number): string[] => {
    const texts: string[] = [];
    const write = (text: string): void => void texts.push(text);
    const progress = createProgress({ isTTY, columns, write });
    progress.begin("2 workers");
    for (let done = 1; done <= 100; done++) progress.report(done, 100);
    progress.end();
    return texts;
  };

  test("is a bar drawn over itself, within the line, and wiped at the end", () => {
    for (const columns of [20, 60, 120]) {
      const texts = written(true, columns);
      for (const text of texts) {
        expect(text).toStartWith("\r\u001B[2K");
        expect(text).not.toContain("\n");
        expect(Bun.stringWidth(Bun.stripANSI(text))).toBeLessThan(columns);
      }
      expect(texts.at(-1)).toBe("\r\u001B[2K");
      expect(texts.at(-2)).toContain("100/100");
    }
  });

  test("is a few plain lines elsewhere", () => {
    expect(written(false, 80)).toEqual([
      "2 workers\n",
      "2 workers: 25/100\n",
      "2 workers: 50/100\n",
      "2 workers: 75/100\n",
      "2 workers: 100/100\n",
    ]);
  });
});
