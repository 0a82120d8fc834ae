// npm run tenants -- assign | revoke | restore: who owns what the provider had before, and whose credentials count.

import { readConfig } from "../config.js";
import { assignCustomer, restoreTenant, revokeTenant } from "../store/tenant.queries.js";
import { operatorTenant } from "../store/visibility.js";
import { doneOrNotFound, withDatabase } from "./record-command.js";

const usage = `Usage: tenants assign CUSTOMER_ID TENANT   (with its documents, payouts and their history)
       tenants revoke TENANT               (none of its tokens and keys counts any more)
       tenants restore TENANT`;

const [command, first, second, ...rest] = process.argv.slice(2);
try {
  await withDatabase(readConfig().databaseUrl, async (database, record) => {
    if (command === "assign" && first && second && rest.length === 0) {
      const act = { action: "assignCustomer", tenant: second, object: { type: "customer", id: first } };
      if (!(await record(act, () => assignCustomer(database, first, second), doneOrNotFound))) {
        throw new Error("There is no such customer here.");
      }
      console.log(`${first} belongs to ${second}.`);
    } else if (command === "revoke" && first && !second) {
      if (first === operatorTenant) throw new Error("The operator cannot be revoked.");
      const act = { action: "revokeTenant", tenant: first, object: { type: "tenant", id: first } };
      await record(
        act,
        () => revokeTenant(database.db, first, Date.now()),
        () => ({ outcome: "DONE" }),
      );
      console.log("Revoked. Running gateways close what it opened within seconds.");
    } else if (command === "restore" && first && !second) {
      const act = { action: "restoreTenant", tenant: first, object: { type: "tenant", id: first } };
      if (!(await record(act, () => restoreTenant(database.db, first), doneOrNotFound))) {
        throw new Error("The tenant was not revoked.");
      }
      console.log("Restored.");
    } else {
      throw new Error(usage);
    }
  });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
