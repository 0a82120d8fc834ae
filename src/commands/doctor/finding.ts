export interface Finding {
  /** What was looked at, e.g. `database`; never renamed, since programs read it. */
  check: string;
  /** A note is worth knowing and no fault; what another fault keeps from being looked at is skipped. */
  status: "ok" | "note" | "fault" | "skipped";
  says: string;
  /** What to do about it. */
  remedy?: string;
}

export function ok(check: string, says: string): Finding {
  return { check, status: "ok", says };
}

export function note(check: string, says: string): Finding {
  return { check, status: "note", says };
}

export function skipped(check: string, says: string): Finding {
  return { check, status: "skipped", says };
}

export function fault(check: string, says: string, remedy: string): Finding {
  return { check, status: "fault", says, remedy };
}

/** Of whatever may hang; what it began goes on and is of no account. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}
