/** The ground: the Bun that runs, the system under it, and git. */

import { BUN_VERSION } from "../launch-command.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

export function checkBun(): Finding {
  const where = `${Bun.version} (${process.execPath})`;
  return Bun.version === BUN_VERSION
    ? ok("bun", where)
    : warn(
        "bun",
        `${where}, but this code was measured and tested on ${BUN_VERSION}`,
        `npx -y bun@${BUN_VERSION} run doctor`,
      );
}

export function checkPlatform(): Finding {
  const name = `${process.platform} ${process.arch}`;
  if (process.platform === "linux") return ok("platform", name);
  if (process.platform === "darwin")
    return warn(
      "platform",
      `${name}: a task's processes that leave their group are not found without /proc`,
      "Use Linux where tasks may start daemons.",
    );
  return fail(
    "platform",
    `${name}: process groups and their signals are not there`,
    "Use Linux, WSL 2 or macOS.",
  );
}

export function checkGit(): Finding {
  const git = Bun.which("git");
  if (git === null)
    return warn(
      "git",
      "is not on the PATH: the demo and tasks that ask git will fail",
      "Install git.",
    );
  const { success, stdout } = Bun.spawnSync([git, "--version"], {
    stdin: "ignore",
    stderr: "ignore",
  });
  return success
    ? ok("git", stdout.toString().trim())
    : warn("git", `${git} does not run`, "Install git again.");
}
