import type { Command } from "commander";
import { configurationPage, variables } from "../config-page.js";
import { answering } from "./answer.js";

export function addConfiguration(program: Command): void {
  program
    .command("configuration")
    .description("every setting with its default and meaning, as a page in Markdown")
    .action(answering(async () => ({ text: configurationPage().trimEnd(), json: variables() })));
}
