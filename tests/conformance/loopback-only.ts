/**
 * Preloaded into the bridge, which would listen on every interface: makes its server listen on a free port of the
 * loopback interface instead and say which on stdout.
 */

import { Server } from "node:http";
import type { AddressInfo } from "node:net";

const { listen } = Server.prototype;

Server.prototype.listen = function onLoopback(
  this: Server,
  ...args: readonly unknown[]
): Server {
  const onListening = args.find((arg) => typeof arg === "function");
  this.once("listening", () => {
    const { port } = this.address() as AddressInfo;
    process.stdout.write(`listening on port ${port}\n`);
    onListening?.call(this);
  });
  return listen.call(this, { port: 0, host: "127.0.0.1" } as never);
} as typeof listen;
