/** Where the server lives: "" at the root of its host, "/under/here" behind a proxy; the server writes it into the page. */

export const basePath: string = (
  document.querySelector<HTMLMetaElement>('meta[name="base"]')?.content ?? ""
).replace(/\/+$/, "");
