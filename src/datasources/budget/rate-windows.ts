import { type CallClass, windowShare } from "./call-class.js";

export interface RateWindow {
  limit: number;
  lengthMs: number;
}

/** A window as it is kept: how long each call counts. */
export interface HeldWindow extends RateWindow {
  holdMs: number;
}

const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads e.g. "100/1m,1500/1h": so many calls in each of these windows. */
export function parseRateLimit(text: string): RateWindow[] {
  const windows = text.split(",").map((part) => {
    const [, limit, count, unit] = /^\s*([1-9]\d{0,8})\s*\/\s*([1-9]\d{0,4})?\s*([smhd])\s*$/.exec(part) ?? [];
    if (!limit || !unit) throw new RangeError("must name windows like 100/1m,1500/1h (units: s, m, h, d)");
    return { limit: Number(limit), lengthMs: Number(count ?? 1) * (unitMs[unit] as number) };
  });
  if (new Set(windows.map(({ lengthMs }) => lengthMs)).size < windows.length) {
    throw new RangeError("must name each window once");
  }
  return windows.sort((a, b) => a.lengthMs - b.lengthMs);
}

const maxTransitMs = 1_000;

/**
 * Shortest first. A call that failed here may still be on its way there, and no two clocks run alike: each call counts
 * a little longer than agreed, so that the provider does not see more of them in a window than were sent in it.
 */
export function toHeldWindows(windows: readonly RateWindow[]): HeldWindow[] {
  if (windows.length === 0) throw new RangeError("A budget without a window would refuse nothing.");
  return windows
    .map((window) => ({ ...window, holdMs: window.lengthMs + Math.min(maxTransitMs, Math.ceil(window.lengthMs / 10)) }))
    .sort((a, b) => a.holdMs - b.holdMs);
}

/** However small the window, each class gets its turn when nobody else wants it. */
export function capOf(limit: number, callClass: CallClass): number {
  return Math.max(1, Math.floor((limit * windowShare[callClass]) / 100));
}
