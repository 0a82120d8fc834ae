// npm run tenants -- assign | revoke | restore: who owns what the provider had before, and whose credentials count.

import { readConfig } from "../config.js";
import { openDatabase } from "../store/database.js";
import { assignCustomer, restoreTenant, revokeTenant } from "../store/tenant.queries.js";
import { operatorTenant } from "../store/visibility.js";

const usage = `Usage: tenants assign CUSTOMER_ID TENANT   (with its documents, payouts and their history)
       tenants revoke TENANT               (none of its tokens and keys counts any more)
       tenants restore TENANT`;

const [command, first, second, ...rest] = process.argv.slice(2);
const database = await openDatabase(readConfig().databaseUrl);
try {
  if (command === "assign" && first && second && rest.length === 0) {
    if (!(await assignCustomer(database, first, second))) throw new Error("There is no such customer here.");
    console.log(`${first} belongs to ${second}.`);
  } else if (command === "revoke" && first && !second) {
    if (first === operatorTenant) throw new Error("The operator cannot be revoked.");
    await revokeTenant(database.db, first, Date.now());
    console.log("Revoked. Running gateways close what it opened within seconds.");
  } else if (command === "restore" && first && !second) {
    if (!(await restoreTenant(database.db, first))) throw new Error("The tenant was not revoked.");
    console.log("Restored.");
  } else {
    throw new Error(usage);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
} finally {
  await database.close();
}
