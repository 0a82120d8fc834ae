// The same decision as the mutation resolvePayout makes, without a gateway that runs.

import "reflect-metadata";
import { operator } from "../access/principal.js";
import { TransactionsDataSource } from "../datasources/transactions.datasource.js";
import { type ResolvePayoutParts, resolvePayout } from "../journal/resolve-payout.js";
import { ChangeDoor } from "../mirror/apply-change.js";
import { InProcessWakeUps } from "../mirror/wake-ups.js";
import { Rejection, type UserErrorFields } from "../schema/rejection.js";
import { ResolvePayoutInput } from "../schema/resolve-payout.input.js";
import { validateInput } from "../schema/validate-input.js";
import type { Database } from "../store/database.js";
import { payoutById } from "../store/payout.queries.js";
import { operatorTenant } from "../store/visibility.js";
import { Metrics } from "../telemetry/metrics.js";
import { type Answer, Refused } from "./answer.js";
import { commandLogger, type RecordCommand, withDatabase } from "./record-command.js";
import { withProvider } from "./with-provider.js";

export interface ResolveOptions {
  as: "sent" | "not-sent";
  transaction?: string;
  reason: string;
}

type LookUp = ResolvePayoutParts["lookUp"];

export async function resolve(payoutId: string, { as, transaction, reason }: ResolveOptions): Promise<Answer> {
  const input = Object.assign(new ResolvePayoutInput(), {
    payoutId,
    outcome: as === "sent" ? "SENT" : "NOT_SENT",
    transactionId: transaction ?? null,
    reason,
  });
  refuseIfAny(validateInput(input));
  if (as === "not-sent") return withDatabase((database, record) => decide(database, record, input, notAsked));
  return withProvider(({ database, record, provider }) => {
    const transactions = new TransactionsDataSource(provider);
    return decide(database, record, input, (id) => transactions.lookUp(id));
  });
}

const notAsked: LookUp = () => Promise.reject(new Error("NOT_SENT needs no look-up."));

async function decide(
  database: Database,
  record: RecordCommand,
  input: ResolvePayoutInput,
  lookUp: LookUp,
): Promise<Answer> {
  const { payoutId, outcome, transactionId, reason } = input;
  // Nodes that run find the change in the log within seconds.
  const parts = { database, wakeUps: new InProcessWakeUps(), metrics: new Metrics(), logger: commandLogger("silent") };
  const door = new ChangeDoor(parts);
  const known = await payoutById(database.db, payoutId);
  const decision = { decision: outcome, ...(transactionId ? { transactionId } : {}), reason };
  const faults = await record(
    {
      action: "resolvePayout",
      tenant: known?.tenant ?? operatorTenant,
      object: known ? { type: "payout", id: known.id } : null,
      detail: decision,
    },
    () => faultsOf(resolvePayout({ database, door, lookUp }, { ...operator, id: "command" }, input)),
    (found) =>
      found.length === 0
        ? { outcome: "DONE", detail: decision }
        : {
            outcome: "REFUSED",
            detail: { ...decision, userErrors: found.map(({ code, field }) => ({ code, field })) },
          },
  );
  refuseIfAny(faults);
  const payout = await payoutById(database.db, payoutId);
  return {
    text: `${payoutId} is ${payout?.status}.`,
    json: { id: payoutId, status: payout?.status, transactionId: payout?.transaction_id ?? null },
  };
}

async function faultsOf(work: Promise<void>): Promise<UserErrorFields[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof Rejection) return error.userErrors;
    throw error;
  }
}

const optionNames: Record<string, string> = { payoutId: "ID", transactionId: "--transaction", reason: "--reason" };

/** In the words of the command line. */
function refuseIfAny(faults: readonly UserErrorFields[]): void {
  if (faults.length === 0) return;
  const messages = faults.map(({ message }) =>
    message
      .replace(/^(payoutId|transactionId|reason)\b/, (name) => optionNames[name] ?? name)
      .replace(/\bSENT\b/, "sent"),
  );
  throw new Refused(messages.join(" "));
}
