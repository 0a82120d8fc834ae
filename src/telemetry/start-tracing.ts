import type { OtlpTracingOptions } from "./otlp-tracing.js";
import { noTracing, type Tracing } from "./tracing.js";

/** What records and sends is loaded where it is wanted: it takes as long to load as the rest of the gateway's start. */
export async function startTracing(options: OtlpTracingOptions | null): Promise<Tracing> {
  if (!options) return noTracing;
  const { OtlpTracing } = await import("./otlp-tracing.js");
  return new OtlpTracing(options);
}
