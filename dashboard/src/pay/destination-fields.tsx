import { useQuery } from "urql";
import { AccountHolderDocument, BanksDocument, OperatorsDocument } from "../generated/operations";
import { SelectInput, TextInput } from "../ui/fields";
import { destinations, type FieldSpec } from "./destinations";
import { kindOf, nameOf, type Values, wordsOf } from "./payment-form";

interface DestinationFieldsProps {
  values: Values;
  errorOf(name: string): string | undefined;
  onChange(part: Values): void;
  onLeave(name: string): void;
}

export function DestinationFields({ values, errorOf, onChange, onLeave }: DestinationFieldsProps) {
  const kind = kindOf(values);
  const { currency, fields } = destinations[kind];
  const mobileCurrency = kind === "mobileMoney" ? (values["mobileMoney.currency"] ?? null) : null;
  const [banks] = useQuery({
    query: BanksDocument,
    variables: { currency: currency ?? "" },
    pause: kind !== "ngnBank",
    requestPolicy: "cache-first",
  });
  const [operators] = useQuery({
    query: OperatorsDocument,
    variables: { currency: mobileCurrency ?? "" },
    pause: mobileCurrency === null,
    requestPolicy: "cache-first",
  });
  const optionsOf = ({ options }: FieldSpec) => {
    if (options === "banks") return banks.data?.banks ?? [];
    if (options === "operators") return mobileCurrency === null ? [] : (operators.data?.mobileMoneyOperators ?? []);
    return options;
  };
  return (
    <fieldset className="form-group">
      <legend>{destinations[kind].name}</legend>
      {fields.map((field) => {
        const name = nameOf(kind, field);
        const options = optionsOf(field);
        return options ? (
          <SelectInput
            key={name}
            label={field.label}
            value={values[name] ?? null}
            options={options}
            onChange={(value) => {
              const words = options.find(({ id }) => id === value)?.name ?? value;
              onChange({ [name]: value, [wordsOf(name)]: words });
            }}
            error={errorOf(name)}
            isDisabled={options.length === 0}
          />
        ) : (
          <TextInput
            key={name}
            label={field.label}
            inputMode={field.isNumber ? "numeric" : "text"}
            value={values[name] ?? ""}
            onChange={(value) => onChange({ [name]: value })}
            onBlur={() => onLeave(name)}
            error={errorOf(name)}
            hint={field.hint}
            isRequired
          />
        );
      })}
      {kind === "ngnBank" && <AccountHolder values={values} />}
    </fieldset>
  );
}

/** The bank's own word on whose account it is, as soon as it can be asked. */
export function AccountHolder({ values }: { values: Values }) {
  const { "ngnBank.bankId": bankId = "", "ngnBank.accountNumber": accountNumber = "" } = values;
  const isComplete = bankId !== "" && /^\d{10}$/.test(accountNumber);
  const [{ data, fetching }] = useQuery({
    query: AccountHolderDocument,
    variables: { bankId, accountNumber },
    pause: !isComplete,
    requestPolicy: "cache-first",
  });
  const holder = data?.bankAccount;
  const says = fetching
    ? "Asking the bank…"
    : holder
      ? `The account is ${holder.accountName}'s.`
      : "The bank does not know this account.";
  return (
    <p role="status" className={isComplete && data && !holder && !fetching ? "notice notice-warn" : "muted"}>
      {isComplete ? says : "The bank is asked for the holder's name."}
    </p>
  );
}
