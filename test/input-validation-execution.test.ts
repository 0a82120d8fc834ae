import "reflect-metadata";
import { type ExecutionResult, execute, parse, validate } from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { Arg, buildSchema, Query, Resolver } from "type-graphql";
import { completeSchema } from "../src/schema/complete-schema.js";
import { SubmitDocumentsInput } from "../src/schema/document.input.js";
import { CreatePayoutInput } from "../src/schema/payout.input.js";
import {
  CustomerStatusChange,
  DocumentStatusChange,
  PayoutStatusChange,
  StatusChange,
} from "../src/schema/status-change.type.js";
import { UserError } from "../src/schema/user-error.type.js";
import { validateInput } from "../src/schema/validate-input.js";

const instant = new Date("2026-11-23T09:30:00.000Z");
const entities = ["CUSTOMER", "PAYOUT", "DOCUMENT"] as const;

@Resolver()
class CheckResolver {
  @Query(() => [UserError])
  payoutFaults(@Arg("input", () => CreatePayoutInput) input: CreatePayoutInput): UserError[] {
    return validateInput(input);
  }

  @Query(() => [UserError])
  documentFaults(@Arg("input", () => SubmitDocumentsInput) input: SubmitDocumentsInput): UserError[] {
    return validateInput(input);
  }

  @Query(() => [StatusChange])
  changes(): object[] {
    return entities.map((entity) => ({
      entity,
      cursor: "c1",
      source: "WEBHOOK",
      reason: null,
      occurredAt: instant,
      recordedAt: instant,
      from: null,
      to: entity === "DOCUMENT" ? "REQUESTED" : "PENDING",
    }));
  }
}

const schema = completeSchema(
  await buildSchema({
    resolvers: [CheckResolver],
    orphanedTypes: [CustomerStatusChange, PayoutStatusChange, DocumentStatusChange],
  }),
);

type Run = (source: string, variables?: Record<string, unknown>) => Promise<ExecutionResult>;

const interpreted: Run = async (source, variableValues) => execute({ schema, document: parse(source), variableValues });

const compiled: Run = async (source, variables) => {
  const query = compileQuery(schema, parse(source));
  if (!isCompiledQuery(query)) throw new Error("The query did not compile.");
  return query.query({}, {}, variables);
};

const executors: [string, Run][] = [
  ["interpreted", interpreted],
  ["compiled", compiled],
];

const payoutFaults = "query ($input: CreatePayoutInput!) { payoutFaults(input: $input) { field code } }";

const payout = {
  idempotencyKey: "invoice-12",
  customerId: "c-1",
  walletId: "w-1",
  sourceCurrency: "USD",
  amount: { receive: "25000.00" },
  destination: {
    wire: {
      holderType: "BUSINESS",
      accountName: "Example Corporation",
      accountNumber: "9876543210",
      accountType: "CHECKING",
      routingNumber: "021000021",
      swiftCode: "CHASUS33",
      bankName: "Example Bank",
      address: { street: "1 Broadway", city: "New York", state: "NY", zipCode: "10004", country: "US" },
    },
  },
};

test.each(executors)("a right input has no faults when %s", async (_how, run) => {
  expect(await run(payoutFaults, { input: payout })).toEqual({ data: { payoutFaults: [] } });
});

test.each(executors)("faults at any depth of an input are found when %s", async (_how, run) => {
  const address = { ...payout.destination.wire.address, state: null, country: "USA" };
  const wire = { ...payout.destination.wire, routingNumber: "123456789", address };
  const answer = await run(payoutFaults, {
    input: { ...payout, walletId: "../x", amount: { receive: "1.005" }, destination: { wire } },
  });
  const { payoutFaults: faults = [] } = answer.data as { payoutFaults?: object[] };
  expect(faults).toHaveLength(5);
  expect(faults).toEqual(
    expect.arrayContaining([
      { field: ["walletId"], code: "INVALID" },
      { field: ["amount", "receive"], code: "INVALID" },
      { field: ["destination", "wire", "routingNumber"], code: "INVALID" },
      { field: ["destination", "wire", "address", "state"], code: "REQUIRED" },
      { field: ["destination", "wire", "address", "country"], code: "INVALID" },
    ]),
  );
});

test.each(executors)("an amount given from both ends is refused when %s", async (how, run) => {
  const answer = await run(payoutFaults, { input: { ...payout, amount: { send: "1", receive: "1" } } });
  if (how === "interpreted") {
    expect(answer.errors?.[0]?.message).toContain("Exactly one key");
  } else {
    expect(answer.data).toEqual({ payoutFaults: [{ field: ["amount"], code: "INVALID" }] });
  }
});

test("an amount written with both ends in the document does not pass validation", () => {
  const document = parse(`{ payoutFaults(input: {
    idempotencyKey: "k", customerId: "c", walletId: "w", sourceCurrency: "USD",
    amount: { send: 1, receive: 1 }, destination: { ngnBank: { bankId: 1, accountNumber: "0222500691" } }
  }) { code } }`);
  expect(validate(schema, document).map(({ message }) => message)).toEqual([
    expect.stringContaining("PayoutAmountInput"),
  ]);
});

test.each(executors)("a status change is of the type that its entity says when %s", async (_how, run) => {
  const source = `{ changes { __typename cursor recordedAt
    ... on CustomerStatusChange { customer: to } ... on PayoutStatusChange { payout: to }
    ... on DocumentStatusChange { document: to } } }`;
  const entry = { cursor: "c1", recordedAt: "2026-11-23T09:30:00.000Z" };
  expect(await run(source)).toEqual({
    data: {
      changes: [
        { __typename: "CustomerStatusChange", ...entry, customer: "PENDING" },
        { __typename: "PayoutStatusChange", ...entry, payout: "PENDING" },
        { __typename: "DocumentStatusChange", ...entry, document: "REQUESTED" },
      ],
    },
  });
});
