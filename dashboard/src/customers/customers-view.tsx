import { useEffect, useMemo, useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Link } from "wouter";
import { statusWords } from "../format/words";
import type { CustomerRowFragment, CustomerStatus } from "../generated/operations";
import { Age } from "../payouts/payout-columns";
import { TextInput } from "../ui/fields";
import { type Column, LiveTable } from "../ui/live-table";
import { StatusPill } from "../ui/status-pill";
import { createCustomerList } from "./customer-list";

const statuses: readonly CustomerStatus[] = ["PENDING", "PROCESSING", "VERIFIED", "REJECTED"];
const typingMs = 250;

const columns: readonly Column<CustomerRowFragment>[] = [
  { id: "name", title: "Customer", cell: ({ name }) => name },
  { id: "status", title: "Status", cell: ({ status }) => <StatusPill status={status} /> },
  { id: "email", title: "E-mail", cell: ({ email }) => email },
  { id: "country", title: "Country", cell: ({ country }) => country },
  { id: "age", title: "Created", cell: ({ createdAt }) => <Age at={createdAt} /> },
];

export function CustomersView() {
  const [text, setText] = useState("");
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState<readonly CustomerStatus[]>([]);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  const list = useMemo(
    () => createCustomerList({ ...(search ? { search } : {}), ...(status.length > 0 ? { status } : {}) }),
    [search, status],
  );
  return (
    <>
      <header className="view-head">
        <h1>Customers</h1>
        <Link href="/pay" className="button button-primary">
          Pay someone
        </Link>
      </header>
      <search className="filters">
        <TextInput label="Search" type="search" placeholder="Name or e-mail" value={text} onChange={setText} />
        <ToggleButtonGroup
          className="toggles"
          aria-label="Status"
          selectionMode="multiple"
          selectedKeys={status}
          onSelectionChange={(keys) => setStatus([...keys] as CustomerStatus[])}
        >
          {statuses.map((word) => (
            <ToggleButton key={word} id={word} className="toggle">
              {statusWords[word]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </search>
      <LiveTable
        list={list}
        name="customers"
        label="Customers"
        columns={columns}
        linkTo={({ id }) => `/customers/${id}`}
        nameOf={({ name, status: word }) => `Customer ${name}, ${word.toLowerCase()}`}
        empty={<p>No customer fits. A new one appears here by itself.</p>}
      />
    </>
  );
}
