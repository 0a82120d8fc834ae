import { useEffect, useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { payoutStatuses, statusWords } from "../format/words";
import type { PayoutStatus } from "../generated/operations";
import { SelectInput, TextInput } from "../ui/fields";
import { type Days, daySpans, type PayoutSearch } from "./payout-search";

interface PayoutFiltersProps {
  search: PayoutSearch;
  onChange(part: Partial<PayoutSearch>): void;
}

const typingMs = 250;
const anyCurrency = "any";
const currencies = ["NGN", "CAD", "USD", "EUR", "GBP"].map((code) => ({ id: code, name: code }));
const spans = Object.entries(daySpans).map(([id, name]) => ({ id: id as Days, name: `Last ${name}` }));

export function PayoutFilters({ search, onChange }: PayoutFiltersProps) {
  const [text, setText] = useState(search.search);
  useEffect(() => {
    if (text === search.search) return;
    const timer = setTimeout(() => onChange({ search: text.trim() }), typingMs);
    return () => clearTimeout(timer);
  }, [text, search.search, onChange]);
  return (
    <search className="filters">
      <TextInput label="Search" type="search" placeholder="Name, e-mail or reference" value={text} onChange={setText} />
      <SelectInput
        label="Currency"
        value={search.currency ?? anyCurrency}
        options={[{ id: anyCurrency, name: "Any" }, ...currencies]}
        onChange={(code) => onChange({ currency: code === anyCurrency ? null : code })}
      />
      <SelectInput label="Recorded" value={search.days} options={spans} onChange={(days) => onChange({ days })} />
      <ToggleButtonGroup
        className="toggles"
        aria-label="Status"
        selectionMode="multiple"
        selectedKeys={search.status}
        onSelectionChange={(keys) => onChange({ status: [...keys] as PayoutStatus[] })}
      >
        {payoutStatuses.map((status) => (
          <ToggleButton key={status} id={status} className="toggle">
            {statusWords[status]}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </search>
  );
}
