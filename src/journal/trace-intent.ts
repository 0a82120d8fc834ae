import type { IntentRow } from "../store/intent.queries.js";
import { activeSpan, type Span, type Tracing } from "../telemetry/tracing.js";

/**
 * A part of the call that gave the command. Where a worker took it up, after a restart or because the answer was lost, it is
 * work of its own that leads back to that call.
 */
export function startIntentSpan(tracing: Tracing, name: string, intent: IntentRow): Span | null {
  const start = {
    kind: "internal",
    attributes: {
      "payout_gateway.subject.id": intent.subject_id ?? undefined,
      "payout_gateway.attempt": intent.attempts + 1,
    },
  } as const;
  const caller = activeSpan();
  if (caller) return caller.child(name, start);
  const span = tracing.start(name, start);
  if (intent.trace_parent) span?.link(intent.trace_parent);
  return span;
}
