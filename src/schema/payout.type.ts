import { Field, ID, ObjectType } from "type-graphql";
import { DateTimeScalar } from "./date-time.scalar.js";
import { DecimalScalar } from "./decimal.scalar.js";
import { Money } from "./money.type.js";
import { PayoutMethod, PayoutStatus } from "./payout.enum.js";
import { StatusSource } from "./status-change.enum.js";

@ObjectType({ simpleResolvers: true, description: "Whom a payout goes to, as far as the method needs it." })
export class PayoutRecipient {
  @Field(() => String, { nullable: true, description: "The holder of the recipient's account." })
  accountName!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Masked but for the last four characters unless the caller may read personal data.",
  })
  accountNumber!: string | null;

  @Field(() => String, { nullable: true, description: "The recipient's bank or mobile money operator." })
  bankName!: string | null;

  @Field(() => String, { nullable: true, description: "Where an Interac payout is announced." })
  email!: string | null;

  @Field(() => String, { nullable: true, description: "The number of the recipient's mobile money account." })
  phoneNumber!: string | null;

  @Field(() => Money, { nullable: true, description: "What the recipient gets." })
  amount!: Money | null;
}

@ObjectType({ simpleResolvers: true, description: "What the recipient of an Interac payout must know to accept it." })
export class InteracInstruction {
  @Field(() => String, { description: "The security question that the recipient is asked." })
  question!: string;

  @Field(() => String, { description: "The answer that releases the money." })
  answer!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: "A report of the provider that contradicts the order. Nothing of it was taken over.",
})
export class PayoutMismatch {
  @Field(() => [String], {
    description:
      "What differs: amount, currency, customer or recipient; transaction where the report is about another transaction.",
  })
  fields!: string[];

  @Field(() => String, { description: "What was ordered and what was reported, without personal data." })
  message!: string;

  @Field(() => ID, { nullable: true, description: "The provider's transaction that the report is about." })
  transactionId!: string | null;

  @Field(() => StatusSource, { description: "Where the report came from." })
  source!: StatusSource;

  @Field(() => DateTimeScalar, { description: "When the gateway received the report." })
  reportedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: "One payment from a wallet to a recipient." })
export class Payout {
  @Field(() => ID, { description: "The gateway's id: it exists before the provider answers." })
  id!: string;

  @Field(() => ID, { nullable: true, description: "The provider's transaction id, once known." })
  transactionId!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's reference, once known." })
  reference!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "What the gateway sent as merchant_reference: unique for each payout, the handle by which a lost one is found.",
  })
  merchantReference!: string | null;

  @Field(() => ID, { nullable: true, description: "The wallet that is debited." })
  walletId!: string | null;

  @Field(() => PayoutMethod, { nullable: true, description: "The rail that carries the payout." })
  method!: PayoutMethod | null;

  @Field(() => PayoutStatus, { description: "How far the payout has come." })
  status!: PayoutStatus;

  @Field(() => String, { nullable: true, description: "Why the payout failed, in the provider's words." })
  failureReason!: string | null;

  @Field(() => Money, { nullable: true, description: "What leaves the wallet, fee included." })
  amount!: Money | null;

  @Field(() => Money, { nullable: true, description: "The provider's fee, in the wallet's currency." })
  fee!: Money | null;

  @Field(() => DecimalScalar, { nullable: true, description: "Exchange rate, where the two currencies differ." })
  rate!: string | null;

  @Field(() => PayoutRecipient, { nullable: true, description: "Whom the payout goes to." })
  recipient!: PayoutRecipient | null;

  @Field(() => InteracInstruction, {
    nullable: true,
    description:
      "What the recipient of an Interac payout must know to accept it. Needs pii:read. Comes by webhook only.",
  })
  interacInstruction!: InteracInstruction | null;

  @Field(() => String, { nullable: true, description: "The note that goes with the payment." })
  note!: string | null;

  @Field(() => PayoutMismatch, {
    nullable: true,
    description:
      "A report of the provider that contradicts the order, until an operator resolves it with resolvePayout. Null where there is none, and without the scope operator.",
  })
  mismatch!: PayoutMismatch | null;

  @Field(() => DateTimeScalar, { description: "When the payout was recorded." })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: "When anything of the payout last changed." })
  updatedAt!: Date;

  @Field(() => DateTimeScalar, { description: "When the provider's word on this payout was last heard." })
  asOf!: Date;

  /** Feeds `customer`. Clients do not see it. */
  customerId!: string;

  /** Log position of its last status change; feeds `cursor`. Clients do not see it. */
  position!: number;

  /** Whose it is. Clients do not see it. */
  tenant!: string;
}
