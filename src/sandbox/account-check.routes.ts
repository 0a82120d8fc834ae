import type { FastifyInstance } from "fastify";
import { confirmPayee, enquireName, isIban, isSepaReachable } from "./account-checks.js";
import { refused } from "./api-error.js";
import { type Fields, fieldOf, idOf, toFields } from "./request-fields.js";

export function registerAccountCheckRoutes(app: FastifyInstance): void {
  app.post("/bank/account-lookup", { config: { scope: "bank:read" } }, async (request) => {
    const body = toFields(request.body);
    const name = enquireName(idOf(body, "bank_id") ?? "", idOf(body, "account_number") ?? "");
    if (name === undefined) throw refused(400, "Invalid account number or bank code");
    return { message: "Account resolved successfully", account_name: name };
  });

  app.post("/bank/payee-verification", { config: { scope: "bank:read" } }, async (request) => {
    const body = toFields(request.body);
    const sortCode = required(body, "sort_code");
    const accountNumber = required(body, "account_number");
    const accountName = required(body, "account_name");
    if (!/^\d{2}-?\d{2}-?\d{2}$/.test(sortCode) || !/^\d{8}$/.test(accountNumber)) {
      throw refused(400, "Invalid account details. Please check the account number and sort code and try again.");
    }
    const match = confirmPayee(accountName);
    return {
      matched: match.isMatched,
      match_confidence_code: match.code,
      suggested_account_name: match.suggestedName,
    };
  });

  app.post("/bank/iban-verification", { config: { scope: "bank:read" } }, async (request) => {
    const iban = required(toFields(request.body), "iban");
    if (!isIban(iban)) throw refused(422, "The iban field format is invalid.");
    return { sepa_reachable: isSepaReachable(iban), sepa_inst_reachable: false };
  });
}

function required(body: Fields, name: string): string {
  const value = fieldOf(body, name);
  if (typeof value !== "string") throw refused(422, `The ${name.replaceAll("_", " ")} field is required.`);
  return value;
}
