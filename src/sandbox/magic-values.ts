// The test cards of the simulated provider. docs/sandbox.md shows the same tables.

/** In a customer's e-mail address, as plus tags: `ada+rejected@example.com`, `ada+slow-review+rejected@example.com`. */
export const customerMagic = {
  rejected: "every review ends REJECTED, with a comment",
  "rejected-once": "the first review ends REJECTED, later ones VERIFIED",
  "slow-review": "reviews take ten times as long",
  "pre-verified": "becomes VERIFIED after the review delay without any document; the only way for a business",
  "webhook-lost": "status webhooks are never sent; the webhook log shows them FAILED",
  "webhook-twice": "each status webhook is delivered twice",
  "answer-lost": "the customer is created, then the connection breaks instead of answering",
  "enhanced-review": "payouts are refused with 400: enhanced due diligence",
  "no-account": "payouts in GBP, EUR and USD are refused with 400: no active virtual bank account",
} as const;

/** In a payout's note, as words: `Invoice 12 test-failed`. Several can be combined, with any destination. */
export const payoutMagic = {
  "test-failed": "ends FAILED; the money goes back to the wallet",
  "test-returned": "SUCCESSFUL at first, then FAILED: the bank sent it back",
  "test-instant": "the answer already says SUCCESSFUL; one webhook",
  "test-slow": "each step takes ten times as long",
  "test-insufficient-funds": "refused with 400 Insufficient funds.",
  "test-name-enquiry-fails": "refused with 400 Invalid account number or bank code",
  "test-webhook-lost": "no webhook is sent; the webhook log shows them FAILED",
  "test-webhook-twice": "each webhook is delivered twice",
  "test-webhook-reordered": "webhooks are held until the final one, then delivered newest first",
  "test-answer-lost": "accepted, then the connection breaks instead of answering",
  "test-answer-500": "accepted, then answered with 500",
  "test-error-500": "answered with 500, not accepted, each time",
  "test-error-500-once": "the first request of a merchant_reference is answered with 500 and not accepted; the next is",
  "test-request-lost":
    "the first request of a merchant_reference breaks the connection and is not accepted; the next is",
  "test-found-late": "the transaction is neither found nor listed until its first step",
  "test-reads-behind": "look-ups and lists show the status of ten steps ago; webhooks do not wait",
} as const;

/** NGN account that no bank knows: the account look-up and payouts to it are refused with 400. */
export const unknownAccountNumber = "0000000000";

/** An account name with this word is not the name that a British bank has on file. */
export const mismatchedNameWord = "Mismatch";

/** An account name with this word is close to the name that a British bank has on file, which it then suggests. */
export const closeNameWord = "Closematch";

export type CustomerMagic = keyof typeof customerMagic;
export type PayoutMagic = keyof typeof payoutMagic;

/** What follows a dot in a tag only makes the address unique: `ada+rejected.17@example.com`. */
export function customerMagicOf(email: string): ReadonlySet<CustomerMagic> {
  const [localPart = ""] = email.split("@");
  const tags = localPart
    .split("+")
    .slice(1)
    .map((tag) => tag.split(".")[0]?.toLowerCase() ?? "");
  return new Set(tags.filter((tag): tag is CustomerMagic => Object.hasOwn(customerMagic, tag)));
}

export function payoutMagicOf(note: string | null): ReadonlySet<PayoutMagic> {
  const words = (note ?? "").toLowerCase().split(/[^a-z0-9-]+/);
  return new Set(words.filter((word): word is PayoutMagic => Object.hasOwn(payoutMagic, word)));
}
