import type { Change } from "../datasources/changes.js";
import type { StatusSource } from "../schema/status-change.enum.js";
import type { Database, Tx } from "../store/database.js";
import type { LogAppender } from "../store/status-log.queries.js";
import type { AnyStatus, LoggedEntity } from "../store/tables.js";
import type { KnownPayouts } from "./known-payouts.js";
import type { Verdict } from "./status-machine.js";

/** What became of one change. The position is set where the status moved. */
export interface AppliedChange {
  entity: LoggedEntity;
  entityId: string;
  verdict: Verdict;
  from: AnyStatus | null;
  to: AnyStatus;
  position: number | null;
  /** Set where a report was found to contradict the order for the first time. */
  mismatch?: { fields: readonly string[]; message: string };
}

/** The news speaks of something the mirror has never seen, and does not carry enough to begin it. */
export class UnknownSubject extends Error {
  constructor(readonly change: Change) {
    super(`The ${change.kind} of this news is not known yet.`);
    this.name = "UnknownSubject";
  }
}

/** Everything that a change needs to be applied, within its transaction. */
export interface ApplyContext {
  database: Database;
  tx: Tx;
  log: LogAppender;
  payouts: KnownPayouts;
  source: StatusSource;
  tenant: string;
  now: number;
}
