// retention run: removes what is older than RETENTION_… says now, as a running gateway does every hour by itself.

import type { Command } from "commander";
import { readConfig } from "../config.js";
import { type Kind, kinds } from "../retention/aged-rows.js";
import { Retention, type RetentionReport } from "../retention/retention.js";
import { type Answer, answering, Refused, toTable } from "./answer.js";
import { withDatabase } from "./record-command.js";

export function addRetention(program: Command): void {
  program
    .command("retention")
    .description("what is kept for a time only: the status log, the inbox, the audit trail")
    .command("run")
    .description("remove what is older than RETENTION_… says now, as a running gateway does every hour")
    .option("--dry-run", "tell how much would be removed, and remove nothing")
    .action(answering(({ dryRun = false }: { dryRun?: boolean }) => run(dryRun)));
}

const variables: Readonly<Record<Kind, string>> = {
  status_log: "RETENTION_STATUS_LOG_DAYS",
  inbox: "RETENTION_INBOX_DAYS",
  audit: "RETENTION_AUDIT_DAYS",
};

async function run(isDryRun: boolean): Promise<Answer> {
  const config = readConfig(undefined, { isSigningSecretNeeded: false });
  const { statusLogDays, inboxDays, auditDays } = config.retention;
  const keptDays = { status_log: statusLogDays, inbox: inboxDays, audit: auditDays };
  const report = await withDatabase(async (database, record) => {
    const retention = new Retention({ database, keptDays, principalId: "command" });
    const work = async () => {
      const removed = await retention.run({ isDryRun });
      if (removed === null) throw new Refused("A node of the gateway, or another command, is at it now.");
      return removed;
    };
    if (isDryRun) return work();
    return record({ action: "runRetention" }, work, (removed) => ({ outcome: "DONE", detail: { removed } }));
  }, config.databaseUrl);
  return { text: textOf(keptDays, report, isDryRun), json: { isDryRun, keptDays, removed: report } };
}

function textOf(keptDays: Record<Kind, number | null>, report: RetentionReport, isDryRun: boolean): string {
  const rows = kinds.map((kind) => [kind, keptDays[kind] ?? "for ever", report[kind] ?? 0, variables[kind]]);
  return toTable(["kind", "days kept", isDryRun ? "would be removed" : "removed", "set by"], rows);
}
