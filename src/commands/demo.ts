import type { Command } from "commander";

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description(
      "play the three steps against a gateway that runs, or one that is started for it, and print every change",
    )
    .argument("[url]", "the gateway; PUBLIC_URL unless told")
    .action(async (url?: string) => {
      const [{ ConfigError }, { runDemo }] = await Promise.all([import("../config.js"), import("../demo/run-demo.js")]);
      try {
        process.exitCode = (await runDemo(url)) ? 0 : 1;
      } catch (error) {
        console.error(error instanceof ConfigError ? error.message : error);
        process.exitCode = 1;
      }
    });
}
