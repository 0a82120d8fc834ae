// A cursor names a position in one log. It is opaque to clients, and refused where it cannot be of this log.

export class CursorInvalid extends Error {
  constructor() {
    super("The cursor is not one of this gateway's.");
    this.name = "CursorInvalid";
  }
}

/** Entries after the position are gone. What is read from now on, and all after the cursor, are the whole again. */
export class CursorExpired extends Error {
  constructor(readonly cursor: string) {
    super(
      "What came after this cursor is no longer kept. Read anew what you show, then go on after the cursor given here.",
    );
    this.name = "CursorExpired";
  }
}

export function encodeCursor(logId: string, position: number): string {
  return Buffer.from(`${logId}.${position.toString(36)}`).toString("base64url");
}

export function decodeCursor(logId: string, cursor: string): number {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const [owner, digits] = text.split(".");
  const position = /^[0-9a-z]{1,11}$/.test(digits ?? "") ? Number.parseInt(digits as string, 36) : Number.NaN;
  // One spelling for each position: what does not encode back was tampered with.
  if (owner !== logId || !Number.isSafeInteger(position) || encodeCursor(logId, position) !== cursor) {
    throw new CursorInvalid();
  }
  return position;
}
