import { registerEnumType } from "type-graphql";

export const StatusSource = {
  MUTATION: "MUTATION",
  WEBHOOK: "WEBHOOK",
  RECONCILIATION: "RECONCILIATION",
  OPERATOR: "OPERATOR",
} as const;
export type StatusSource = keyof typeof StatusSource;

registerEnumType(StatusSource, {
  name: "StatusSource",
  description: "Who brought the news of a status change.",
  valuesConfig: {
    MUTATION: { description: "The answer to a mutation." },
    WEBHOOK: { description: "A webhook of the provider." },
    RECONCILIATION: { description: "A look-up at the provider by the gateway itself." },
    OPERATOR: { description: "An operator decided." },
  },
});
