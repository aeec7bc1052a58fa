/**
 * The pictures of the terminal in docs/terminal: which there are, and what of them may differ from one run to
 * the next. Run by itself (`bun tests/commands/terminal-captures.ts`) it takes them anew: each command in a real
 * terminal, which tmux keeps and gives back as text.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeShownHome, shownTaskId } from "./shown-home.ts";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");
export const CAPTURES = resolve(import.meta.dir, "../../docs/terminal");

interface Capture {
  readonly file: string;
  readonly args: readonly string[];
  readonly cols: number;
  readonly rows: number;
  /** Typed once it shows something: a program that fills the screen. */
  readonly keys?: string;
  /** On the screen once that was typed. */
  readonly shows?: string;
}

const of = (file: string, args: readonly string[], cols = 100): Capture => ({
  file,
  args,
  cols,
  rows: 60,
});
const top = (view: string, keys: string): Capture => ({
  file: `top-${view}`,
  args: ["top"],
  cols: 100,
  rows: 20,
  keys,
  shows: `[${keys} ${view}]`,
});

export const ALL: readonly Capture[] = [
  of("help", ["--help"], 80),
  of("status", ["status"], 80),
  of("stats", ["stats"]),
  of("stats-60-columns", ["stats"], 60),
  of("tasks-list", ["tasks", "list"]),
  of("tasks-list-60-columns", ["tasks", "list"], 60),
  of("tasks-show", ["tasks", "show", shownTaskId(2)], 80),
  of("explain", ["explain", shownTaskId(2)], 80),
  of("instances", ["instances"]),
  of("sessions", ["sessions"], 80),
  of("timeout-stats", ["timeout-stats"]),
  top("workers", "1"),
  top("tasks", "2"),
  top("board", "3"),
  top("instances", "4"),
];

/** In the afternoon of its zone, so that what happened hours ago was today. */
export function afternoon(now: Date): string {
  const offset = 14 - now.getUTCHours();
  return offset === 0
    ? "UTC"
    : `Etc/GMT${offset > 0 ? "-" : "+"}${Math.abs(offset)}`;
}

/** What is left when moments, lengths that grow, pids and paths of the run are all alike. */
export const comparable = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<moment>")
    .replaceAll(/\d\d:\d\d:\d\d/g, "<time>")
    .replaceAll(/(?<![\d.])\d+(?:\.\d)? s\b/g, "<seconds>")
    .replaceAll(/(?<=[^\d])\d+ (stdio|http)/g, "<pid> $1")
    .replaceAll(/(instance_\w+) +\d+/g, "$1 <pid>")
    .replaceAll(/[▁▂▃▄▅▆▇█](?: *[▁▂▃▄▅▆▇█])*/g, "<bars>")
    .replaceAll("░", "")
    .replaceAll(/\/[^ ]*\/stored-\w+\/home/g, SHOWN_HOME)
    .replaceAll(/ +/g, " ")
    .trimEnd();

const SHOWN_HOME = "/home/ada/.local/state/flow-balancer/compiler";

async function tmux(...args: string[]): Promise<string> {
  const child = Bun.spawn(
    ["tmux", "-L", "captures", "-f", "/dev/null", ...args],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`tmux ${args[0]} failed`);
  return text;
}

/** Looks until the same stands there twice, and `shows` among it. */
async function settledScreen(shows: string): Promise<string> {
  let before = "";
  for (let looks = 0; looks < 100; looks++) {
    await Bun.sleep(100);
    const now = (await tmux("capture-pane", "-p", "-t", "shown")).trimEnd();
    if (now !== "" && now === before && now.includes(shows)) return now;
    before = now;
  }
  throw new Error(`never seen: ${shows}`);
}

async function take(capture: Capture, home: string): Promise<string> {
  const { args, cols, rows, keys, shows = "" } = capture;
  const env = `TZ=${afternoon(new Date())} FLOW_BALANCER_HOME=${home}`;
  await tmux(
    ...["new-session", "-d", "-s", "shown", "-x", `${cols}`, "-y", `${rows}`],
    `env ${env} '${process.execPath}' '${CLI}' ${args.join(" ")}; sleep 20`,
  );
  try {
    if (keys !== undefined) {
      await settledScreen("quit");
      await tmux("send-keys", "-t", "shown", keys);
    }
    return await settledScreen(shows);
  } finally {
    await tmux("kill-session", "-t", "shown");
  }
}

if (import.meta.main) {
  mkdirSync(CAPTURES, { recursive: true });
  for (const capture of ALL) {
    // Anew each time: what was 41 s ago is to be 41 s ago in all of them.
    using home = await makeShownHome();
    const text = (await take(capture, home.home)).replaceAll(
      home.home,
      SHOWN_HOME,
    );
    writeFileSync(
      join(CAPTURES, `${capture.file}.txt`),
      `$ flow-balancer ${capture.args.join(" ")}\n${text}\n`,
    );
    console.log(capture.file);
  }
}
