import { type FormEvent, useState } from "react";
import { Button, Form, Label, Radio, RadioGroup } from "react-aria-components";
import { useQuery } from "urql";
import { formatMoney } from "../format/money";
import { WalletsDocument } from "../generated/operations";
import { SelectInput, TextInput } from "../ui/fields";
import { focusFirstFault } from "../ui/focus-first-fault";
import { Panel } from "../ui/panel";
import { Failure, Loading } from "../ui/states";
import { DestinationFields } from "./destination-fields";
import { type DestinationKind, destinations } from "./destinations";
import type { StepProps } from "./pay-view";
import { faultsOf, kindOf, sideOf, type Values } from "./payment-form";
import { QuoteBox } from "./quote-box";

const kinds = Object.entries(destinations).map(([id, { name }]) => ({ id: id as DestinationKind, name }));

export function PaymentStep({ state, onChange }: StepProps) {
  const [{ data, error }, refresh] = useQuery({ query: WalletsDocument });
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const values: Values = state.payment;
  if (!data) return error ? <Failure message={error.message} onRetry={refresh} /> : <Loading what="the wallets" />;
  const wallets = data.wallets.filter(({ active }) => active);
  const wallet = wallets.find(({ id }) => id === values.walletId) ?? null;
  const faults = faultsOf(values, wallet);
  const change = (part: Values) => onChange({ payment: { ...state.payment, ...part } });
  const leave = (name: string) => setLeft(new Set([...left, name]));
  const errorOf = (name: string) => (left.has(name) || left.has("all") ? faults[name] : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    leave("all");
    if (Object.keys(faults).length === 0) onChange({ step: "confirm" });
    else focusFirstFault(event.currentTarget);
  };
  return (
    <Panel title="What goes where?">
      <Form className="form" onSubmit={submit}>
        <SelectInput
          label="From the wallet"
          value={values.walletId ?? null}
          options={wallets.map(({ id, balance }) => ({
            id,
            name: `${balance.currency}, holds ${formatMoney(balance)}`,
          }))}
          onChange={(id) => change({ walletId: id })}
          error={errorOf("walletId")}
        />
        <SelectInput label="To" value={kindOf(values)} options={kinds} onChange={(kind) => change({ kind })} />
        <TextInput
          label="Amount"
          inputMode="decimal"
          placeholder="5000.00"
          value={values.amount ?? ""}
          onChange={(value) => change({ amount: value.trim().replace(",", ".") })}
          onBlur={() => leave("amount")}
          error={errorOf("amount")}
          isRequired
        />
        <RadioGroup className="radios" value={sideOf(values)} onChange={(side) => change({ side })}>
          <Label>The amount is what</Label>
          <Radio value="send">leaves the wallet</Radio>
          <Radio value="receive">arrives</Radio>
        </RadioGroup>
        <QuoteBox values={values} wallet={wallet} />
        <DestinationFields values={values} errorOf={errorOf} onChange={change} onLeave={leave} />
        <TextInput
          label="Note (optional)"
          value={values.note ?? ""}
          onChange={(note) => change({ note })}
          hint="It goes with the payment."
        />
        <div className="form-end">
          <Button type="submit" className="button button-primary">
            Continue
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
