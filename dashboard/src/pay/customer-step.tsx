import { type FormEvent, useState } from "react";
import { Button, Form } from "react-aria-components";
import { useMutation } from "urql";
import {
  CreateCustomerDocument,
  type CreateCustomerInput,
  type CustomerType,
  type IdentificationType,
} from "../generated/operations";
import { SelectInput, TextInput } from "../ui/fields";
import { focusFirstFault } from "../ui/focus-first-fault";
import { Panel } from "../ui/panel";
import { country, email, type Rule, required } from "./field-rules";
import type { StepProps } from "./pay-view";

type Name = "firstName" | "lastName" | "businessName" | "registrationNumber" | "email" | "country" | "idNumber";

const rules: Partial<Record<Name, Rule>> = { email, country };
const labels: Record<Name, string> = {
  firstName: "First name",
  lastName: "Last name",
  businessName: "Registered name",
  registrationNumber: "Register number",
  email: "E-mail",
  country: "Country",
  idNumber: "Document number",
};
const fieldsOf: Record<CustomerType, readonly Name[]> = {
  INDIVIDUAL: ["firstName", "lastName", "email", "country", "idNumber"],
  BUSINESS: ["businessName", "registrationNumber", "email", "country"],
};
const types = [
  { id: "INDIVIDUAL", name: "A person" },
  { id: "BUSINESS", name: "A business" },
] as const;
const idTypes = [
  { id: "PASSPORT", name: "Passport" },
  { id: "DRIVERS_LICENSE", name: "Driving licence" },
  { id: "RESIDENT_PERMIT", name: "Residence permit" },
] as const;

export function CustomerStep({ state, onChange }: StepProps) {
  const [type, setType] = useState<CustomerType>("INDIVIDUAL");
  const [idType, setIdType] = useState<IdentificationType>("PASSPORT");
  const [values, setValues] = useState<Partial<Record<Name, string>>>({ country: "NG" });
  const [left, setLeft] = useState<ReadonlySet<Name>>(new Set());
  const [refused, setRefused] = useState<Record<string, string>>({});
  const [general, setGeneral] = useState<string | null>(null);
  const [{ fetching }, create] = useMutation(CreateCustomerDocument);
  const names = fieldsOf[type];
  const faultOf = (name: Name) => required(values[name] ?? "") ?? rules[name]?.(values[name]?.trim() ?? "") ?? null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setLeft(new Set(names));
    if (names.some(faultOf)) return focusFirstFault(event.currentTarget);
    if (fetching) return;
    const { data, error } = await create({ input: toInput(type, idType, values, state.customerKey) });
    const answer = data?.createCustomer;
    if (answer?.customer) return onChange({ customerId: answer.customer.id, step: "documents" });
    const faults = answer?.userErrors ?? [];
    setRefused(Object.fromEntries(faults.map(({ field, message }) => [field?.join(".") ?? "", message])));
    const unplaced = faults.filter(({ field }) => !field || !names.includes(field.join(".") as Name));
    setGeneral(error?.message ?? (unplaced.map(({ message }) => message).join(" ") || null));
    // The refusal belongs to its key: what is mended is a new customer. A lost answer keeps its key.
    if (faults.length > 0) onChange({ customerKey: crypto.randomUUID() });
  };

  return (
    <Panel title="Who is it for?">
      <Form className="form" onSubmit={submit}>
        <SelectInput label="The customer is" value={type} options={types} onChange={setType} />
        {names.map((name) => (
          <TextInput
            key={name}
            label={labels[name]}
            type={name === "email" ? "email" : "text"}
            value={values[name] ?? ""}
            onChange={(value) => {
              setValues({ ...values, [name]: name === "country" ? value.toUpperCase() : value });
              setRefused({ ...refused, [name]: "" });
            }}
            onBlur={() => setLeft(new Set([...left, name]))}
            error={(left.has(name) && faultOf(name)) || refused[name]}
            hint={name === "country" ? "Two letters, e.g. NG" : undefined}
            isRequired
          />
        ))}
        {type === "INDIVIDUAL" && (
          <SelectInput label="Identity document" value={idType} options={idTypes} onChange={setIdType} />
        )}
        {general && (
          <p className="notice notice-bad" role="alert">
            {general}
          </p>
        )}
        <div className="form-end">
          <Button type="submit" className="button button-primary" isDisabled={fetching}>
            {fetching ? "Creating…" : "Create the customer"}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}

function toInput(
  type: CustomerType,
  idType: IdentificationType,
  values: Partial<Record<Name, string>>,
  idempotencyKey: string,
): CreateCustomerInput {
  const given = Object.fromEntries(fieldsOf[type].map((name) => [name, values[name]?.trim() ?? ""]));
  const { email: address = "", country: home = "", ...rest } = given;
  const own = type === "INDIVIDUAL" ? { idType } : { incorporationCountry: home };
  return { type, idempotencyKey, email: address, country: home, ...rest, ...own };
}
