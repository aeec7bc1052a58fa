/** The two tables of the report: languages, and the largest files. */

import { type Column, tableLines } from "../core/table.ts";
import { count, grouped, percent, size } from "../core/figures.ts";
import { barOf } from "./progress-bar.ts";
import {
  type DemoReport,
  type LanguageRow,
  type Sizes,
  totalsOf,
} from "./report.ts";

const MAX_LANGUAGES = 8;
const BAR_CHARS = 16;

export function languageTable(report: DemoReport, width: number): string[] {
  const { languages, totals, files } = report;
  const total: LanguageRow = {
    language: "all",
    files: files.analysed,
    ...totals,
  };
  const columns: Column<LanguageRow>[] = [
    {
      title: "Languages",
      cell: ({ language }) => language,
      weight: Infinity,
      cut: "start",
    },
    { title: "files", cell: (row) => grouped(row.files), weight: 9 },
    ...sizeColumns<LanguageRow>(),
    {
      title: "share of lines".padEnd(BAR_CHARS),
      cell: ({ lines }) => barOf(lines / Math.max(1, totals.lines), BAR_CHARS),
      weight: 1,
    },
  ];
  const rows = [...withOthers(languages), total];
  return tableLines(columns, rows, { width, widthOf: Bun.stringWidth });
}

/** What is seldom becomes one row. */
function withOthers(languages: readonly LanguageRow[]): LanguageRow[] {
  if (languages.length <= MAX_LANGUAGES) return [...languages];
  const seldom = languages.slice(MAX_LANGUAGES - 1);
  return [
    ...languages.slice(0, MAX_LANGUAGES - 1),
    {
      language: `${count(seldom.length, "other")}`,
      files: seldom.reduce((sum, { files }) => sum + files, 0),
      ...totalsOf(seldom),
    },
  ];
}

type TopFile = DemoReport["top_files"][number];

export function topTable({ top_files }: DemoReport, width: number): string[] {
  const columns: Column<TopFile>[] = [
    {
      title: `Top ${top_files.length} by lines`,
      cell: ({ path }) => path,
      weight: Infinity,
      cut: "start",
    },
    ...sizeColumns<TopFile>(),
  ];
  return tableLines(columns, top_files, { width, widthOf: Bun.stringWidth });
}

/** Sizes under a compressor are shares of the file's own. */
const sizeColumns = <Row extends Sizes>(): Column<Row>[] => [
  { title: "lines", cell: (row) => grouped(row.lines), weight: Infinity },
  { title: "tokens", cell: (row) => grouped(row.tokens), weight: 6 },
  { title: "size", cell: (row) => size(row.bytes), weight: 8 },
  compressed("gzip", ({ gzip_bytes }) => gzip_bytes, 5),
  compressed("zstd", ({ zstd_bytes }) => zstd_bytes, 4),
  compressed("brotli", ({ brotli_bytes }) => brotli_bytes, 7),
];

const compressed = <Row extends Sizes>(
  title: string,
  bytesOf: (row: Row) => number,
  weight: number,
): Column<Row> => ({
  title,
  cell: (row) => percent(bytesOf(row), row.bytes),
  weight,
});
