import type { FastifyInstance } from "fastify";
import { refused } from "./api-error.js";
import { breakConnection } from "./faults.js";
import { payoutMagicOf } from "./magic-values.js";
import type { PayoutAcceptance } from "./payout-acceptance.js";
import { readPayoutRequest } from "./payout-fields.js";
import { toFields } from "./request-fields.js";
import type { SpentMagic } from "./spent-magic.js";
import { toNewTransaction } from "./transaction-answers.js";

export interface PayoutRouteParts {
  acceptance: PayoutAcceptance;
  spentMagic: SpentMagic;
  isAddressRequired: boolean;
  isReferenceKept: boolean;
}

export function registerPayoutRoutes(app: FastifyInstance, parts: PayoutRouteParts): void {
  app.post("/payout", { config: { scope: "payout:create" } }, async (httpRequest, reply) => {
    const request = readPayoutRequest(toFields(httpRequest.body), parts.isAddressRequired);
    const magic = payoutMagicOf(request.note);
    const isFirstOf = (value: string) => parts.spentMagic.spend(`${value} ${request.merchantReference}`);
    if (magic.has("test-error-500")) throw refused(500, "Server Error");
    if (magic.has("test-error-500-once") && isFirstOf("test-error-500-once")) throw refused(500, "Server Error");
    if (magic.has("test-request-lost") && isFirstOf("test-request-lost")) return breakConnection(httpRequest, reply);

    const payout = parts.acceptance.accept(request);
    if (magic.has("test-answer-lost")) return breakConnection(httpRequest, reply);
    if (magic.has("test-answer-500")) throw refused(500, "Server Error");
    return reply.send({
      message: "Payout Initiated Successfully.",
      transaction: toNewTransaction(payout, parts.isReferenceKept),
    });
  });
}
