// The application of a stored event as a span: of the trace that its delivery began, with a link to the one in which the
// payout or customer that it speaks of was made.

import type { Database } from "../store/database.js";
import type { InboxRow, NewInboxRow } from "../store/inbox.queries.js";
import { traceParentsOf } from "../store/intent.queries.js";
import type { Logger } from "../telemetry/logger.js";
import { type Span, type Tracing, within } from "../telemetry/tracing.js";
import type { Settlement } from "./apply-event.js";

export interface EventTracerParts {
  tracing: Tracing;
  database: Database;
  logger: Logger;
}

type TracedEvent = Pick<NewInboxRow, "kind" | "subject" | "attempts" | "trace_parent">;

const name = "apply webhook event";

export class EventTracer {
  readonly #parts: EventTracerParts;

  constructor(parts: EventTracerParts) {
    this.#parts = parts;
  }

  /** What was applied by one transaction since then. */
  async together(startedAtMs: number, settled: readonly (readonly [TracedEvent, Settlement])[]): Promise<void> {
    if (!this.#parts.tracing.isOn || settled.length === 0) return;
    const spans = settled.map(([event, { state }]) => {
      const span = this.#start(event, startedAtMs) as Span;
      tellOutcome(span, state);
      return [event, span] as const;
    });
    await this.#link(spans);
    for (const [, span] of spans) span.end();
  }

  async alone(event: InboxRow, apply: () => Promise<Settlement>): Promise<Settlement> {
    const span = this.#start(event);
    if (!span) return apply();
    try {
      const settlement = await within(span, apply);
      tellOutcome(span, settlement.state);
      return settlement;
    } catch (error) {
      span.fail(error instanceof Error ? error.name : "unknown");
      throw error;
    } finally {
      // Only now: it may be by this event that the transaction is known as the payout's.
      await this.#link([[event, span]]);
      span.end();
    }
  }

  #start(event: TracedEvent, startedAtMs?: number): Span | null {
    return this.#parts.tracing.start(name, {
      kind: "consumer",
      attributes: { "payout_gateway.event.kind": event.kind, "payout_gateway.attempt": (event.attempts ?? 0) + 1 },
      ...(startedAtMs === undefined ? {} : { startedAtMs }),
      ...(!event.trace_parent ? {} : { traceParent: event.trace_parent }),
    });
  }

  /** What a trace lacks must not be what an event fails for. */
  async #link(spans: readonly (readonly [TracedEvent, Span])[]): Promise<void> {
    const subjects = spans.flatMap(([{ subject }, { isRecorded }]) => (isRecorded && subject ? [subject] : []));
    if (subjects.length === 0) return;
    try {
      const parents = await traceParentsOf(this.#parts.database.db, subjects);
      for (const [{ subject }, span] of spans) {
        const parent = subject && parents.get(subject);
        if (parent) span.link(parent);
      }
    } catch (error) {
      this.#parts.logger.warn({ err: error }, "webhook events not linked in their traces");
    }
  }
}

function tellOutcome(span: Span, state: Settlement["state"]): void {
  span.set({ "payout_gateway.outcome": state.toLowerCase() });
}
