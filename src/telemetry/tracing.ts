// What the gateway says of a trace. The rest of it knows these few words alone; what records them is loaded where a
// collector is configured, and where none is nothing here does anything.

import { AsyncLocalStorage } from "node:async_hooks";

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type SpanKind = "server" | "client" | "consumer" | "internal";

/** A piece of work with its beginning and end. Nothing that a caller or the provider has sent is written on it. */
export interface Span {
  readonly traceId: string;
  /** False: the trace is not among those that are kept. */
  readonly isRecorded: boolean;
  /** Names it in W3C's form, for what goes on from here later. */
  readonly traceParent: string;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** To the work that this one goes back to. */
  link(traceParent: string): void;
  /** What kind of failure it ended with: a name of ours, never an error's message. */
  fail(type: string): void;
  child(name: string, start: SpanStart): Span;
  end(): void;
}

export interface SpanStart {
  kind: SpanKind;
  attributes?: Attributes;
  startedAtMs?: number;
}

export interface RootStart extends SpanStart {
  /** What it continues, in W3C's form: the headers of whoever called, or what was stored. */
  traceParent?: string | undefined;
  traceState?: string | undefined;
}

export interface Tracing {
  readonly isOn: boolean;
  /** Null where nothing is traced. */
  start(name: string, start: RootStart): Span | null;
  /** Hands over what was recorded, as far as there is time. */
  stop(): Promise<void>;
}

export const noTracing: Tracing = {
  isOn: false,
  start: () => null,
  stop: async () => {},
};

/** Entered only where a span is: until then, to ask it costs nothing. */
const active = new AsyncLocalStorage<Span>();

/** The work that is under way here, where it is traced. */
export function activeSpan(): Span | undefined {
  return active.getStore();
}

export function within<T>(span: Span, work: () => T): T {
  return active.run(span, work);
}

/** For what begins here and is no part of what is under way: a loop that was woken, a word to who listens. */
export function outside<T>(work: () => T): T {
  return active.exit(work);
}

/** Does the work as this span, and ends it. */
export async function during<T>(span: Span | null, work: (span: Span | null) => Promise<T>): Promise<T> {
  if (!span) return work(null);
  try {
    return await within(span, () => work(span));
  } catch (error) {
    span.fail(error instanceof Error ? error.name : "unknown");
    throw error;
  } finally {
    span.end();
  }
}

/** Does the work as a part of what is under way; by itself where that is not traced. */
export function duringChild<T>(name: string, start: SpanStart, work: (span: Span | null) => Promise<T>): Promise<T> {
  return during(activeSpan()?.child(name, start) ?? null, work);
}
