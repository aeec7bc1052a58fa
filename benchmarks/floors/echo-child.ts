/** The least a worker process can be: says back whatever it is sent. */

process.on("message", (message) => process.send?.(message));
process.on("disconnect", () => process.exit(0));
