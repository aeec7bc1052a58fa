/** A request as bytes on a socket: what a well-behaved client would never send. */

import { connect } from "node:net";

/** `target` is method and path. The headers are sent as they are, and no others but Connection. */
export function rawRequest(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>>,
  version = "1.1",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", ...body] = text.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, body: body.join("\r\n\r\n") });
    });
    const lines = Object.entries(headers).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(
      [`${target} HTTP/${version}`, ...lines, "Connection: close", "", ""].join(
        "\r\n",
      ),
    );
  });
}
