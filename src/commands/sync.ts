import type { Command } from "commander";
import { answering, isJsonWanted } from "./answer.js";

export function addSync(program: Command): void {
  program
    .command("sync")
    .description("take over the customers and payouts of an account that is in use, as a first start does by itself")
    .option("--again", "from the first page on, also where everything was taken over before")
    .action(
      answering(async ({ again = false }: { again?: boolean }, command: Command) => {
        const { importAccount } = await import("./import-account.js");
        return importAccount({ isAgain: again, isShown: !isJsonWanted(command) });
      }),
    );
}
