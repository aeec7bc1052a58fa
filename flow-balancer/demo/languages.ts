/** A file's language by its name. */

import { basename, extname } from "node:path";

const BY_NAME: Readonly<Record<string, string>> = {
  Dockerfile: "Docker",
  Makefile: "Make",
  "bun.lock": "Lock file",
  "package-lock.json": "Lock file",
  "Cargo.lock": "Lock file",
  "yarn.lock": "Lock file",
  "pnpm-lock.yaml": "Lock file",
};

const BY_EXTENSION: Readonly<Record<string, string>> = {
  ".c": "C",
  ".h": "C",
  ".cc": "C++",
  ".cpp": "C++",
  ".hpp": "C++",
  ".cs": "C#",
  ".css": "CSS",
  ".csv": "CSV",
  ".go": "Go",
  ".html": "HTML",
  ".java": "Java",
  ".js": "JavaScript",
  ".cjs": "JavaScript",
  ".mjs": "JavaScript",
  ".jsx": "JavaScript",
  ".json": "JSON",
  ".jsonc": "JSON",
  ".kt": "Kotlin",
  ".lua": "Lua",
  ".md": "Markdown",
  ".php": "PHP",
  ".py": "Python",
  ".rb": "Ruby",
  ".rs": "Rust",
  ".sh": "Shell",
  ".bash": "Shell",
  ".sql": "SQL",
  ".svg": "SVG",
  ".swift": "Swift",
  ".toml": "TOML",
  ".ts": "TypeScript",
  ".cts": "TypeScript",
  ".mts": "TypeScript",
  ".tsx": "TypeScript",
  ".txt": "Text",
  ".xml": "XML",
  ".yaml": "YAML",
  ".yml": "YAML",
  ".zig": "Zig",
};

/** The extension itself where the language is not known. */
export function languageOf(path: string): string {
  const extension = extname(path).toLowerCase();
  return (
    BY_NAME[basename(path)] ??
    BY_EXTENSION[extension] ??
    (extension === "" ? "(no extension)" : extension)
  );
}
