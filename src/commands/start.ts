import type { Command } from "commander";

export function addStart(program: Command): void {
  program
    .command("start")
    .description("serve, until SIGTERM or SIGINT; without PROVIDER_URL against the built-in sandbox")
    .action(async () => {
      await import("../index.js");
    });
}
