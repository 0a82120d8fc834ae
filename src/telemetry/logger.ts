import { type Logger, pino } from "pino";
import { toLoggedError } from "./logged-error.js";

export type { Logger };

/**
 * JSON lines on standard output, readable ones on a terminal. Request and response objects are never logged whole, and
 * what could still carry a secret under these names is cut out.
 */
export function createLogger(level: string, isTerminal: boolean): Logger {
  return pino({
    level,
    base: null,
    serializers: { err: (error: unknown) => toLoggedError(error) },
    redact: {
      paths: ["authorization", "*.authorization", "headers", "*.headers", "body", "*.body", "url", "*.url"],
      remove: true,
    },
    ...(isTerminal
      ? { transport: { target: "pino-pretty", options: { translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname" } } }
      : {}),
  });
}
