import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { CustomerForm } from "./customer-form";
import { type Customer, readCustomer } from "./operations";

export function App() {
  const [customer, setCustomer] = useState<Customer | null>(null);
  return customer ? <Review customer={customer} /> : <CustomerForm onSubmitted={setCustomer} />;
}

/** A read costs the gateway little, so that asking again will do here; the React hook beside this example is pushed to. */
function Review({ customer: { id } }: { customer: Customer }) {
  const [isOver, setOver] = useState(false);
  const { data } = useQuery(readCustomer, { variables: { id }, pollInterval: isOver ? 0 : 500 });
  const { name = "", status = "PROCESSING" } = data?.customer ?? {};
  if (!isOver && (status === "VERIFIED" || status === "REJECTED")) setOver(true);
  return (
    <p role="status">
      {name} is {status}
    </p>
  );
}
