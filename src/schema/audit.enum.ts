import { registerEnumType } from "type-graphql";

/** ATTEMPTED is on disk before anything of an act is done; the others say what became of it. */
export const AuditOutcome = {
  ATTEMPTED: "ATTEMPTED",
  DONE: "DONE",
  REPLAYED: "REPLAYED",
  REFUSED: "REFUSED",
  FAILED: "FAILED",
} as const;
export type AuditOutcome = keyof typeof AuditOutcome;

registerEnumType(AuditOutcome, {
  name: "AuditOutcome",
  description: "What became of an act.",
  valuesConfig: {
    ATTEMPTED: { description: "Written before anything was done; a later entry tells the outcome." },
    DONE: { description: "It was done." },
    REPLAYED: { description: "It had been done before under its idempotency key, and was not done again." },
    REFUSED: { description: "The caller may not do it, or has to mend its input." },
    FAILED: { description: "It could not be done, or what became of it is not known." },
  },
});
