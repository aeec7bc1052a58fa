/** The file of a worker beside the peers: TypeScript on Bun, what was built of it on Node. */

import { extname } from "node:path";
import { fileURLToPath } from "node:url";

export const workerFile = (name: string): string =>
  fileURLToPath(
    new URL(
      `./workers/${name}${extname(fileURLToPath(import.meta.url))}`,
      import.meta.url,
    ),
  );
