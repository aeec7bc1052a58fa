/** What a profile run found, as a page of Markdown. Pure. */

import type { Pauses, ProfileSummary } from "./profile-summary.ts";
import type { BenchCase } from "./report.ts";

export interface ProfiledSide {
  readonly title: string;
  readonly summary: ProfileSummary;
  /** Null where it was not written down. */
  readonly pauses: Pauses | null;
}

export interface ProfilePage {
  readonly title: string;
  readonly workload: string;
  readonly where: string;
  readonly figures: readonly BenchCase[];
  readonly sides: readonly ProfiledSide[];
}

const TOP = 25;

export const profilePage = ({
  title,
  workload,
  where,
  figures,
  sides,
}: ProfilePage): string =>
  [
    `# Profile: ${title}`,
    `${workload}. ${where}.`,
    "The figures are of the profiled run, so slower than a bench. Start-up is in the profiles. Samples are taken while JavaScript runs; the rest (waiting, the event loop, reading and decoding messages) is 'outside JavaScript'.",
    tableOf(
      ["figure", "p50", "p95", "p99", "unit"],
      figures.map(({ name, p50, p95, p99, unit }) => [
        name,
        p50,
        p95,
        p99,
        unit,
      ]),
    ),
    ...sides.flatMap(sectionOf),
    "",
  ].join("\n\n");

function sectionOf({ title, summary, pauses }: ProfiledSide): string[] {
  const { totalMs, samples, owners, functions } = summary;
  const share = (ms: number): string =>
    `${((100 * ms) / totalMs).toFixed(1)} %`;
  return [
    `## ${title}`,
    `${totalMs.toFixed(0)} ms, ${samples} samples.`,
    tableOf(
      ["whose code", "self time", "ms"],
      [...owners]
        // Bun's profiler has no frame for the collector: its pauses are written down apart.
        .filter(([owner, ms]) => owner !== "GC" || ms > 0)
        .sort(([, a], [, b]) => b - a)
        .map(([owner, ms]) => [owner, share(ms), ms.toFixed(0)]),
    ),
    pauses === null
      ? "Pauses of the garbage collector: not written down on this side."
      : `Pauses of the garbage collector: ${pauses.count}, together ${pauses.totalMs.toFixed(1)} ms (${share(pauses.totalMs)}), the longest ${pauses.longestMs.toFixed(1)} ms. They lie within the times above.`,
    tableOf(
      ["function", "file", "whose", "self time", "ms"],
      functions
        .slice(0, TOP)
        .map(({ name, file, owner, ms }) => [
          `\`${name || "(anonymous)"}\``,
          file === "" ? "" : `\`${file}\``,
          owner,
          share(ms),
          ms.toFixed(0),
        ]),
    ),
  ];
}

const tableOf = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
