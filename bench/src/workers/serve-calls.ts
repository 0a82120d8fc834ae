// The other end of a worker: answers the calls that come as messages.

import type { WorkerAnswer } from "./worker.js";

interface Call {
  id: number;
  name: string;
  args: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: each handler says what it takes
type Handlers = Record<string, (args: any) => unknown>;

export function serveCalls(handlers: Handlers): void {
  const answer = (message: WorkerAnswer) => process.send?.(message);
  process.on("message", async ({ id, name, args }: Call) => {
    try {
      answer({ id, result: await handlers[name]?.(args) });
    } catch (error) {
      answer({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  // Whoever called is gone.
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}
