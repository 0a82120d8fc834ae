// A wall clock that is wrong, and that can be set, for this process alone.

const TrueDate = Date;
let shiftMs = 0;

export function setClock(toMs: number): void {
  shiftMs = toMs;
}

class ShiftedDate extends TrueDate {
  constructor(...args: [] | [value: number | string | Date]) {
    if (args.length === 0) super(TrueDate.now() + shiftMs);
    else super(...args);
  }

  static override now(): number {
    return TrueDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as unknown as DateConstructor;
