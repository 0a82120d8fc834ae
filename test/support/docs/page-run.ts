// Reads a page as its reader does, from the top, and does what each block says against a gateway that has seen nothing yet:
//
//   graphql         is sent, with the `json variables` after it. It must be answered without errors, unless errors are shown.
//   json            is the answer of the block above; of a subscription, the list of its first events.
//   sh              is typed into a shell. A `curl -sN` stays open in a terminal of its own.
//   ts              is compiled and run.
//   text            is what the block above prints.
//
// Between two blocks everything that is under way comes to its end, as it does for whoever reads on.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { CodeBlock } from "../markdown-blocks.js";
import { Terminal } from "../terminal.js";
import type { Answer, TestClient } from "../test-client.js";
import type { Scripts } from "./scripts.js";
import { whenSettled } from "./settled.js";
import { ShownValues } from "./shown-values.js";

const documentedUrl = "http://127.0.0.1:4000";

export interface PageRunParts {
  page: string;
  client: TestClient;
  scripts: Scripts;
  /** What the page's shell and scripts are told, e.g. an API key. */
  environment?: Record<string, string>;
}

/** A block with what belongs to it. */
interface Step {
  block: CodeBlock;
  variables: Record<string, unknown>;
  answer: CodeBlock | null;
}

export class PageRun {
  readonly #values = new ShownValues();
  readonly #folder = mkdtempSync(join(tmpdir(), "page-"));
  readonly #working: Terminal;
  readonly #watching: Terminal[] = [];
  readonly #parts: PageRunParts;

  constructor(parts: PageRunParts) {
    this.#parts = parts;
    this.#values.bind(documentedUrl, parts.client.url);
    this.#values.bind(documentedUrl.replace("http", "ws"), parts.client.url.replace("http", "ws"));
    this.#working = this.#openTerminal();
  }

  /** What the terminals that were left open have shown. */
  get watched(): string {
    return this.#watching.map(({ shown }) => shown).join("\n");
  }

  async read(blocks: readonly CodeBlock[]): Promise<void> {
    for (const step of stepsOf(blocks)) {
      await whenSettled(this.#parts.client);
      try {
        await this.#do(step);
      } catch (error) {
        throw new Error(`line ${step.block.line}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
    await whenSettled(this.#parts.client);
  }

  async close(): Promise<void> {
    for (const terminal of [this.#working, ...this.#watching]) await terminal.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #do({ block, variables, answer }: Step): Promise<void> {
    const text = this.#values.settle(block.text);
    if (block.language === "graphql") {
      const came = isSubscription(text)
        ? await this.#follow(text, variables, answer)
        : await this.#ask(text, variables);
      if (answer) this.#values.match(JSON.parse(answer.text), came);
      else if (!Array.isArray(came) && came.errors) throw new Error(JSON.stringify(came.errors));
      return;
    }
    if (block.language === "sh" && /\bcurl -sN\b/.test(text)) return this.#watch(text, answer);
    const printed =
      block.language === "sh"
        ? await this.#working.run(text)
        : await this.#parts.scripts.run(
            scriptName(this.#parts.page, block),
            (script) => this.#values.settle(script),
            this.#parts.environment,
          );
    if (answer?.language === "json") this.#values.match(JSON.parse(answer.text), JSON.parse(printed));
    else if (answer) this.#values.match(answer.text.trim(), printed.trim(), "the output");
  }

  #ask(query: string, variables: Record<string, unknown>): Promise<Answer> {
    return this.#parts.client.request(query, this.#settled(variables));
  }

  /** As many events as are shown. */
  async #follow(query: string, variables: Record<string, unknown>, answer: CodeBlock | null): Promise<Answer[]> {
    const count = answer ? (JSON.parse(answer.text) as unknown[]).length : 1;
    const socket = createClient({
      url: `${this.#parts.client.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    const events: Answer[] = [];
    try {
      for await (const event of socket.iterate({ query, variables: this.#settled(variables) })) {
        events.push(event as Answer);
        if (events.length === count) break;
      }
      return events;
    } finally {
      await socket.dispose();
    }
  }

  /** Stays open; the lines that are shown after it have to come. */
  async #watch(command: string, answer: CodeBlock | null): Promise<void> {
    const terminal = this.#openTerminal();
    this.#watching.push(terminal);
    terminal.type(command);
    // The gateway greets a stream with a comment: from then on it misses nothing.
    await terminal.shows(":\n\n");
    if (!answer) return;
    const shown = linesOf(answer.text);
    await terminal.showsThat((text) => linesOf(text).length >= shown.length, `${shown.length} lines`);
    for (const [index, line] of shown.entries()) this.#matchLine(line, linesOf(terminal.shown)[index] ?? "");
  }

  #matchLine(shown: string, came: string): void {
    const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(shown) ?? [];
    if (!came.startsWith(`${name}: `)) throw new Error(`${shown} is shown, ${came} came.`);
    const received = came.slice(name.length + 2);
    if (name === "data") this.#values.match(JSON.parse(value), JSON.parse(received));
    else this.#values.match(value, received, name);
  }

  #settled(variables: Record<string, unknown>): Record<string, unknown> {
    return JSON.parse(this.#values.settle(JSON.stringify(variables)));
  }

  #openTerminal(): Terminal {
    return new Terminal(this.#folder, this.#parts.environment);
  }
}

export function scriptName(page: string, { line }: CodeBlock): string {
  return `${page.replace(/\W+/g, "-")}-${line}`;
}

export function stepsOf(blocks: readonly CodeBlock[]): Step[] {
  const steps: Step[] = [];
  for (const block of blocks) {
    const last = steps.at(-1);
    if (["graphql", "sh", "ts"].includes(block.language)) steps.push({ block, variables: {}, answer: null });
    else if (block.language === "json" && block.note === "variables" && last?.block.language === "graphql") {
      last.variables = JSON.parse(block.text);
    } else if (["json", "text"].includes(block.language) && block.note === "" && last && !last.answer) {
      last.answer = block;
    } else throw new Error(`line ${block.line}: a block of "${block.language} ${block.note}" that nothing runs.`);
  }
  return steps;
}

function isSubscription(text: string): boolean {
  return /^subscription\b/m.test(text);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
}
