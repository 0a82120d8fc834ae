// That traces do not arrive is said once, and once more when they do again: it stops no request, and fills no log.

import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "./logger.js";

export class ReportedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#report(result);
      // The failure is told: to whoever asked it would be one that nobody handles.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  #report({ code, error }: ExportResult): void {
    const isFailing = code !== ExportResultCode.SUCCESS;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    if (!isFailing) {
      this.#logger.info("traces arrive again");
      return;
    }
    // Its message can hold what the collector has said, and its address.
    const reason = (error as { code?: unknown } | undefined)?.code ?? "no answer";
    this.#logger.warn({ reason }, "traces do not arrive at OTEL_EXPORTER_OTLP_ENDPOINT and are lost meanwhile");
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }
}
