import { type Logger, type LoggerOptions, pino } from "pino";
import { toLoggedError } from "./logged-error.js";
import { StandardOutput } from "./standard-output.js";
import { activeSpan } from "./tracing.js";

export type { Logger };

/**
 * JSON lines on standard output, readable ones on a terminal. Request and response objects are never logged whole, and
 * what could still carry a secret under these names is cut out.
 */
export function createLogger(
  level: string,
  isTerminal: boolean,
  output: NodeJS.WritableStream = process.stdout,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    mixin: () => {
      const span = activeSpan();
      return span ? { traceId: span.traceId } : {};
    },
    serializers: { err: (error: unknown) => toLoggedError(error) },
    redact: {
      paths: ["authorization", "*.authorization", "headers", "*.headers", "body", "*.body", "url", "*.url"],
      remove: true,
    },
  };
  if (!isTerminal) return output === process.stdout ? logToStandardOutput(options) : pino(options, output);
  const prettyOptions = { translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname" };
  return pino({ ...options, transport: { target: "pino-pretty", options: prettyOptions } });
}

function logToStandardOutput(options: LoggerOptions): Logger {
  const output = new StandardOutput();
  const logger = pino(options, output);
  output.onDropped = (lines) => logger.warn({ lines }, "log lines were dropped");
  return logger;
}
