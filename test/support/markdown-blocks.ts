// The code blocks and tables of a page of the documentation, by the heading they stand under.

import { readFileSync } from "node:fs";

export interface CodeBlock {
  language: string;
  section: string;
  text: string;
}

export function readPage(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** A section's text up to the next heading of its level; "" is what stands before the first heading of that level. */
export function sectionsOf(page: string): Map<string, string> {
  const [first = "", ...others] = page.split(/^## /m);
  const named = others.map((text): [string, string] => [text.slice(0, text.indexOf("\n")), text]);
  return new Map([["", first], ...named]);
}

export function blocksOf(page: string, language: string): CodeBlock[] {
  return [...sectionsOf(page)].flatMap(([section, text]) =>
    [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
      .map(([, found = "", block = ""]) => ({ language: found, section, text: block }))
      .filter((block) => block.language === language),
  );
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
