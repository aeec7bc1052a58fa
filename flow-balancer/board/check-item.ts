/** Items, evidence and the like as they come from outside, held to their limits. Everything here throws INVALID_ARGUMENT or OUT_OF_RANGE. */

import type { Claimer, Evidence, NewItem } from "../core/board.ts";
import { BOARD_LIMITS } from "../core/board-limits.ts";
import type { HolderId } from "../core/ids.ts";
import { checkText, checkWhole, invalid } from "./check-text.ts";

const SHA256 = /^[0-9a-f]{64}$/i;

export function checkItem(item: NewItem, where: string): void {
  checkText(item.title, {
    where: `${where}/title`,
    max: BOARD_LIMITS.titleChars,
    isLine: true,
  });
  if (item.details !== null && item.details !== "")
    checkText(item.details, {
      where: `${where}/details`,
      max: BOARD_LIMITS.detailsChars,
      isLine: false,
    });
  if (item.key !== null)
    checkText(item.key, {
      where: `${where}/key`,
      max: BOARD_LIMITS.keyChars,
      isLine: true,
    });
  const { weight, priority, stage } = BOARD_LIMITS;
  checkWhole(item.weight, `${where}/weight`, weight.min, weight.max);
  checkWhole(item.priority, `${where}/priority`, priority.min, priority.max);
  if (item.stage !== null)
    checkWhole(item.stage, `${where}/stage`, stage.min, stage.max);
  checkCapabilities(item.capabilities, `${where}/capabilities`);
  checkCount(item.after, `${where}/after`, BOARD_LIMITS.after);
  for (const [at, { ref }] of item.after.entries())
    checkName(ref, `${where}/after/${at}`);
  checkEvidenceList(item.required, `${where}/evidence`);
}

function checkCapabilities(names: readonly string[], where: string): void {
  checkCount(names, where, BOARD_LIMITS.capabilities);
  for (const [at, name] of names.entries()) checkName(name, `${where}/${at}`);
}

export function checkClaimer({ holder, declared, capacity }: Claimer): void {
  checkHolder(holder);
  checkCapabilities(declared, "capabilities");
  if (capacity !== null) checkWhole(capacity, "capacity", 1, 1_000);
}

export const checkHolder = (holder: HolderId): void =>
  checkName(holder, "holder");

const checkName = (name: string, where: string): void =>
  checkText(name, { where, max: BOARD_LIMITS.nameChars, isLine: true });

function checkCount(
  list: readonly unknown[],
  where: string,
  max: number,
): void {
  if (list.length > max)
    throw invalid(`${where}: at most ${max} are taken, got ${list.length}`);
}

export function checkEvidenceList(
  list: readonly Evidence[],
  where: string,
): void {
  checkCount(list, where, BOARD_LIMITS.evidence);
  for (const [at, evidence] of list.entries())
    checkEvidence(evidence, `${where}/${at}`);
}

function checkEvidence(evidence: Evidence, where: string): void {
  switch (evidence.type) {
    case "command": {
      const { argv, cwd } = evidence;
      if (argv.length === 0 || argv[0] === "")
        throw invalid(
          `${where}/argv: a program is needed`,
          'Pass the program and each argument apart, as ["bun", "test"].',
        );
      checkCount(argv, `${where}/argv`, BOARD_LIMITS.argvWords);
      const chars = argv.reduce((sum, part) => sum + part.length, 0);
      if (chars > BOARD_LIMITS.argvChars)
        throw invalid(
          `${where}/argv: at most ${BOARD_LIMITS.argvChars} characters in all, got ${chars}`,
          "Put what is long into a file.",
        );
      for (const [at, part] of argv.entries())
        checkNoNul(part, `${where}/argv/${at}`);
      if (cwd !== null) checkPath(cwd, `${where}/cwd`);
      return;
    }
    case "file":
      checkPath(evidence.path, `${where}/path`);
      if (evidence.sha256 !== null && !SHA256.test(evidence.sha256))
        throw invalid(`${where}/sha256: 64 hexadecimal digits are needed`);
      return;
    case "task":
      checkName(evidence.id, `${where}/id`);
  }
}

export function checkPath(path: string, where: string): void {
  checkText(path, { where, max: BOARD_LIMITS.pathChars, isLine: false });
  checkNoNul(path, where);
}

function checkNoNul(text: string, where: string): void {
  if (text.includes("\0")) throw invalid(`${where}: contains a NUL byte`);
}

/** From a second to a day; null: the default. */
export function checkLease(leaseMs: number | null): void {
  const { min, max } = BOARD_LIMITS.leaseMs;
  if (leaseMs !== null) checkWhole(leaseMs, "lease_ms", min, max);
}

export function checkNote(note: string | null): void {
  if (note !== null)
    checkText(note, {
      where: "note",
      max: BOARD_LIMITS.noteChars,
      isLine: false,
    });
}

export function checkSummary(summary: string | null): void {
  if (summary !== null && summary !== "")
    checkText(summary, {
      where: "summary",
      max: BOARD_LIMITS.noteChars,
      isLine: false,
    });
}

export function checkProgress(done: number, total: number | null): void {
  checkWhole(done, "progress/done", 0, Number.MAX_SAFE_INTEGER);
  if (total !== null)
    checkWhole(total, "progress/total", done, Number.MAX_SAFE_INTEGER);
}
