/** Attempts at one task that say different things, each in its turn. */

import { readdirSync } from "node:fs";
import type { SdkClient } from "./sdk-clients.ts";

export const LEARNING = { FLOW_BALANCER_TOOLSETS: "pool,learning" };

/** The first attempt does the first of these, the second the second, whoever runs them. Each leaves a folder behind. */
export const inTurn = (name: string, ...commands: readonly string[]) => ({
  kind: "shell",
  input: {
    argv: [
      "sh",
      "-c",
      `i=1; while ! mkdir ${name}.$i 2>/dev/null; do i=$((i+1)); done; case $i in ${commands.map((command, at) => `${at + 1}) ${command};;`).join(" ")} esac`,
    ],
  },
});

/** Attempts that began. */
export const begun = ({ place }: SdkClient, name: string): number =>
  readdirSync(place.project).filter((file) => file.startsWith(`${name}.`))
    .length;
