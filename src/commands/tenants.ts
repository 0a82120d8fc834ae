// tenants assign | revoke | restore: who owns what the provider had before, and whose credentials count.

import type { Command } from "commander";
import { assignCustomer, restoreTenant, revokeTenant } from "../store/tenant.queries.js";
import { operatorTenant } from "../store/visibility.js";
import { type Answer, answering, Refused } from "./answer.js";
import { doneOrNotFound, withDatabase } from "./record-command.js";

export function addTenants(program: Command): void {
  const tenants = program.command("tenants").description("who owns what, and whose credentials count");
  tenants
    .command("assign <customer-id> <tenant>")
    .description("give a customer to a tenant, with its documents, payouts and their history")
    .action(answering(assign));
  tenants
    .command("revoke <tenant>")
    .description("make none of its tokens and keys count any more")
    .action(answering(revoke));
  tenants.command("restore <tenant>").description("make them count again").action(answering(restore));
}

function assign(customerId: string, tenant: string): Promise<Answer> {
  return withDatabase(async (database, record) => {
    const act = { action: "assignCustomer", tenant, object: { type: "customer", id: customerId } };
    if (!(await record(act, () => assignCustomer(database, customerId, tenant), doneOrNotFound))) {
      throw new Refused("There is no such customer here.");
    }
    return { text: `${customerId} belongs to ${tenant}.`, json: { customerId, tenant } };
  });
}

function revoke(tenant: string): Promise<Answer> {
  return withDatabase(async ({ db, clock }, record) => {
    if (tenant === operatorTenant) throw new Refused("The operator cannot be revoked.");
    const act = { action: "revokeTenant", tenant, object: { type: "tenant", id: tenant } };
    await record(
      act,
      () => revokeTenant(db, tenant, clock.now()),
      () => ({ outcome: "DONE" }),
    );
    return { text: "Revoked. Running gateways close what it opened within seconds.", json: { revoked: tenant } };
  });
}

function restore(tenant: string): Promise<Answer> {
  return withDatabase(async ({ db }, record) => {
    const act = { action: "restoreTenant", tenant, object: { type: "tenant", id: tenant } };
    if (!(await record(act, () => restoreTenant(db, tenant), doneOrNotFound))) {
      throw new Refused("The tenant was not revoked.");
    }
    return { text: "Restored.", json: { restored: tenant } };
  });
}
