/**
 * Says what is missing or wrong on this machine and how to mend it. Every line comes from a
 * probe that was really made; what could not be probed says so. Leaves nothing behind.
 */

import { styleText } from "node:util";
import type { Config } from "../config.ts";
import { checkClients } from "./doctor/clients.ts";
import { readConfig } from "./doctor/configuration.ts";
import { type Finding, warn } from "./doctor/finding.ts";
import { checkHome } from "./doctor/home.ts";
import { checkBun, checkGit, checkPlatform } from "./doctor/machine.ts";
import { checkSharedMemory, checkDisk, checkSqlite } from "./doctor/storage.ts";
import { checkFolders, checkStore, type ProbeStore } from "./doctor/store.ts";
import { checkWorker, type ProbeWorker } from "./doctor/worker.ts";
import type { Surroundings } from "./client-files.ts";

export interface DoctorReport {
  readonly text: string;
  readonly json: object;
  /** 0 ok, 1 something is wrong, 4 it works but not as it should. */
  readonly exitCode: 0 | 1 | 4;
}

/** What is beyond this room. */
export interface Probes {
  readonly worker: ProbeWorker;
  readonly store: ProbeStore;
}

export async function doctor(
  around: Surroundings,
  probes: Probes,
): Promise<DoctorReport> {
  const { config, findings: configuration } = readConfig(around);
  const findings: Finding[] = [
    checkBun(),
    checkPlatform(),
    checkGit(),
    ...configuration,
    ...(config === null ? [] : ofHome(config, probes.store)),
    checkSharedMemory(),
    ...(config === null ? [] : [await checkWorker(config, probes.worker)]),
    ...checkClients(around),
  ];
  const worst = WORST_FIRST.find((mark) =>
    findings.some((it) => it.mark === mark),
  );
  return {
    text: findings.map(line).join("\n"),
    json: { schema: 1, status: STATUS[worst ?? "ok"], checks: findings },
    exitCode: EXIT_CODES[worst ?? "ok"],
  };
}

function ofHome({ home }: Config, probeStore: ProbeStore): Finding[] {
  const found = checkHome(home);
  // Of a home that is refused nothing is opened, and nothing made in it: it may be somebody else's.
  return found.mark === "fail"
    ? [found, notLookedAt("sqlite"), notLookedAt("store"), checkDisk(home)]
    : [
        found,
        checkSqlite(home),
        checkStore(home, probeStore),
        ...checkFolders(home),
        checkDisk(home),
      ];
}

const notLookedAt = (check: string): Finding =>
  warn(
    check,
    "not looked at, since the home directory is refused",
    "Mend that first, and run doctor again.",
  );

const WORST_FIRST = ["fail", "warn", "ok"] as const;
const STATUS = { ok: "ok", warn: "degraded", fail: "failed" } as const;
const EXIT_CODES = { ok: 0, warn: 4, fail: 1 } as const;
const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

function line({ mark, check, message, fix }: Finding): string {
  const head = `${styleText(COLOURS[mark], mark.padEnd(4))}  ${check.padEnd(14)}  ${message}`;
  return fix === null
    ? head
    : `${head}\n${" ".repeat(22)}${styleText("bold", "fix:")} ${fix}`;
}
