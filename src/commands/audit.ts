// audit verify | list: whether the audit trail is whole, and what it says. It needs no running gateway.

import { type Command, InvalidArgumentError } from "commander";
import { verifyChain } from "../access/audit-chain.js";
import { auditPage } from "../store/audit.queries.js";
import { type Answer, answering, toTable } from "./answer.js";
import { withDatabase } from "./record-command.js";

export function addAudit(program: Command): void {
  const audit = program.command("audit").description("the audit trail");
  audit
    .command("verify")
    .description("whether every entry is what was written, and none is missing")
    .argument("[id]", "an entry whose hash was kept elsewhere: it must still be there", matching(/^[1-9]\d{0,14}$/))
    .argument("[hash]", "its hash", matching(/^[0-9a-f]{64}$/))
    .action((id: string | undefined, hash: string | undefined, options: unknown, command: Command) => {
      if (id && !hash) command.error("error: an entry's id goes with its hash.");
      return answering(verify)(id, hash, options, command);
    });
  audit
    .command("list")
    .description("the newest entries")
    .argument("[count]", "how many of them", matching(/^[1-9]\d{0,5}$/), "50")
    .action(answering(list));
}

function matching(form: RegExp) {
  return (text: string) => {
    if (!form.test(text)) throw new InvalidArgumentError("");
    return text;
  };
}

function verify(id: string | undefined, hash: string | undefined): Promise<Answer> {
  return withDatabase(async ({ db }) => {
    const { anchor, fitting, fault } = await verifyChain(db, id && hash ? { seq: Number(id), hash } : null);
    const count = fitting.seq - anchor.seq;
    const removedTo = anchor.seq === 0 ? null : anchor;
    if (fault) {
      const fit =
        fault.seq > anchor.seq ? `The ${count} before it fit.` : `Of what is kept, ${count} were read and fit.`;
      const text = `Entry ${fault.seq} ${fault.reason}. ${fit}`;
      return { text, json: { isWhole: false, fitting: count, removedTo, fault }, isFault: true };
    }
    const last =
      fitting.seq === 0 ? "There is none yet." : `Keep the last one elsewhere: ${fitting.seq} ${fitting.hash}`;
    const removed = removedTo ? ` after ${anchor.seq}, up to which they were removed with age` : "";
    const text = `All entries fit: ${count}${removed}. ${last}`;
    return { text, json: { isWhole: true, fitting: count, removedTo, last: fitting.seq === 0 ? null : fitting } };
  });
}

function list(count: string): Promise<Answer> {
  return withDatabase(async ({ db }) => {
    const rows = await auditPage(db, {}, { first: Number(count) - 1, before: null });
    const entries = rows.map((row) => ({
      id: row.seq,
      at: new Date(row.at).toISOString(),
      tenant: row.tenant,
      principal: row.principal,
      action: row.action,
      object: row.object_id === null ? null : `${row.object_type} ${row.object_id}`,
      outcome: row.outcome,
      detail: row.detail,
      requestId: row.request_id,
    }));
    const heading = ["id", "at", "tenant", "principal", "action", "object", "outcome", "detail", "request"];
    return {
      text: toTable(heading, entries.map(Object.values)),
      json: entries.map(({ detail, ...entry }) => ({ ...entry, detail: detail === null ? null : JSON.parse(detail) })),
    };
  });
}
