/** The head of a task module that lies outside this project: what it needs, by where it is. */

import { fileURLToPath } from "node:url";

const DEFINE = fileURLToPath(
  new URL("../../flow-balancer/worker/define-task.ts", import.meta.url),
);
const ZOD = fileURLToPath(import.meta.resolve("zod"));

export const TASK_IMPORTS = `
import { defineTask } from ${JSON.stringify(DEFINE)};
import { z } from ${JSON.stringify(ZOD)};`;
