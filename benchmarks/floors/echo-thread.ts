/** The least a worker thread can be: says back whatever it is sent. */

declare const self: Worker;

self.addEventListener("message", ({ data }) => self.postMessage(data, []));
