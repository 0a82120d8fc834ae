// The code blocks and tables of a page of the documentation, by the heading they stand under.

import { readdirSync, readFileSync } from "node:fs";

export interface CodeBlock {
  language: string;
  /** What stands behind the language, e.g. `variables` of "json variables". */
  note: string;
  section: string;
  /** The line of the page on which its text begins. */
  line: number;
  text: string;
}

/** The README and what it links to. */
export const pages = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export function readPage(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** A section's text up to the next heading of its level; "" is what stands before the first heading of that level. */
export function sectionsOf(page: string): Map<string, string> {
  const [first = "", ...others] = page.split(/^## /m);
  const named = others.map((text): [string, string] => [text.slice(0, text.indexOf("\n")), text]);
  return new Map([["", first], ...named]);
}

/** Every fenced block, in the order of the page. */
export function allBlocksOf(page: string): CodeBlock[] {
  const found: CodeBlock[] = [];
  let section = "";
  let open: CodeBlock | null = null;
  for (const [index, line] of page.split("\n").entries()) {
    const fence = /^```(\w*) ?(.*)$/.exec(line);
    if (open && line === "```") {
      found.push(open);
      open = null;
    } else if (open) {
      open.text += `${line}\n`;
    } else if (fence) {
      open = { language: fence[1] ?? "", note: fence[2] ?? "", section, line: index + 2, text: "" };
    } else if (line.startsWith("## ")) {
      section = line.slice(3);
    }
  }
  if (open) throw new Error(`The block of line ${open.line} has no end.`);
  return found;
}

export function blocksOf(page: string, language: string): CodeBlock[] {
  return allBlocksOf(page).filter((block) => block.language === language);
}

/** The rows of a section's tables, without their heads: the cells' text, trimmed. */
export function rowsOf(text: string): string[][] {
  return [...text.matchAll(/^\|[ :-]+\|.*\n((?:\|.*\n?)*)/gm)]
    .flatMap(([, body = ""]) => body.trimEnd().split("\n"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

/** What a cell or a text shows as code. */
export function codeOf(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}
