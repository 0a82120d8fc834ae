import { useState } from "react";
import { Button } from "react-aria-components";
import { useMutation, useQuery } from "urql";
import {
  CreatePayoutDocument,
  type CreatePayoutInput,
  CustomerDocument,
  WalletsDocument,
} from "../generated/operations";
import { Facts } from "../ui/facts";
import { Panel } from "../ui/panel";
import { Loading } from "../ui/states";
import { AccountHolder } from "./destination-fields";
import { destinations } from "./destinations";
import { attemptFor } from "./pay-state";
import type { StepProps } from "./pay-view";
import { fieldOf, kindOf, nameOf, toPayoutInput, type Values, wordsOf } from "./payment-form";
import { QuoteBox } from "./quote-box";

export function ConfirmStep({ state, onChange }: StepProps) {
  const [{ data }] = useQuery({ query: WalletsDocument });
  const [customer] = useQuery({ query: CustomerDocument, variables: { id: state.customerId ?? "" } });
  const [{ fetching }, create] = useMutation(CreatePayoutDocument);
  const [faults, setFaults] = useState<readonly string[]>([]);
  const values: Values = state.payment;
  const wallet = data?.wallets.find(({ id }) => id === values.walletId);
  if (!wallet || !state.customerId) return <Loading what="the payment" />;
  const input = toPayoutInput(values, wallet, state.customerId);
  const isUncertain = Boolean(state.attempt?.isOpen) && !fetching;

  const pay = async () => {
    const attempt = attemptFor(JSON.stringify(input));
    onChange({ attempt });
    setFaults([]);
    const sent = JSON.parse(attempt.input) as Omit<CreatePayoutInput, "idempotencyKey">;
    const { data: answer, error } = await create({ input: { ...sent, idempotencyKey: attempt.key } });
    const payout = answer?.createPayout.payout;
    if (payout) return onChange({ attempt: { ...attempt, isOpen: false }, payoutId: payout.id, step: "result" });
    if (answer) {
      onChange({ attempt: { ...attempt, isOpen: false } });
      setFaults(answer.createPayout.userErrors.map(({ field, message }) => sayFault(field, message)));
    } else {
      setFaults([error?.graphQLErrors[0]?.message ?? "The answer was lost."]);
    }
  };

  const kind = kindOf(values);
  const facts = destinations[kind].fields.map((field) => {
    const name = nameOf(kind, field);
    return [field.label, values[wordsOf(name)] ?? values[name]] as const;
  });
  return (
    <Panel title="Is this right?">
      <QuoteBox values={values} wallet={wallet} />
      <Facts
        facts={[
          ["On behalf of", customer.data?.customer?.name],
          ["To", destinations[kind].name],
          ...facts,
          ["Note", values.note],
        ]}
      />
      {kind === "ngnBank" && <AccountHolder values={values} />}
      {faults.length > 0 && (
        <div className="notice notice-bad" role="alert">
          {faults.map((fault) => (
            <p key={fault}>{fault}</p>
          ))}
        </div>
      )}
      {isUncertain && (
        <p className="notice notice-warn" role="status">
          It is not known yet whether this payment was taken. Paying again asks under the same key: it is paid once.
        </p>
      )}
      <div className="form-end">
        <Button className="button" isDisabled={fetching || isUncertain} onPress={() => onChange({ step: "payment" })}>
          Back
        </Button>
        <Button className="button button-primary" isDisabled={fetching} onPress={() => void pay()}>
          {fetching ? "Paying…" : isUncertain ? "Ask again" : "Pay"}
        </Button>
      </div>
    </Panel>
  );
}

function sayFault(field: readonly string[] | null, message: string): string {
  const name = fieldOf(field);
  return name === null || message.includes(name) ? message : `${name}: ${message}`;
}
