import { useMutation } from "@apollo/client/react";
import { type FormEvent, useState } from "react";
import { type Customer, createCustomer, submitDocuments, type UserError } from "./operations";
import type { UploadContext } from "./upload-link";

// Made once for this form: however often it is sent, there is one customer.
const idempotencyKey = crypto.randomUUID();

export function CustomerForm({ onSubmitted }: { onSubmitted: (customer: Customer) => void }) {
  const [create] = useMutation(createCustomer);
  const [submit] = useMutation(submitDocuments);
  const [progress, setProgress] = useState<number | null>(null);
  const [faults, setFaults] = useState<readonly Pick<UserError, "field" | "message">[]>([]);

  async function send(form: FormData) {
    const text = (name: string) => String(form.get(name));
    const input = {
      idempotencyKey,
      type: "INDIVIDUAL" as const,
      firstName: text("firstName"),
      lastName: text("lastName"),
      email: text("email"),
      country: "NG",
      idType: "PASSPORT" as const,
      idNumber: text("idNumber"),
    };
    const created = (await create({ variables: { input } })).data?.createCustomer;
    if (!created?.customer) return setFaults(created?.userErrors ?? []);
    const documents = [{ category: "IDENTITY" as const, file: form.get("passport") as File }];
    const context: UploadContext = { onProgress: setProgress };
    const answer = await submit({ variables: { input: { customerId: created.customer.id, documents } }, context });
    const submitted = answer.data?.submitDocuments;
    if (submitted?.customer) onSubmitted(submitted.customer);
    else setFaults(submitted?.userErrors ?? []);
  }

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setFaults([]);
    send(new FormData(event.currentTarget))
      .catch((error: Error) => setFaults([{ field: null, message: error.message }]))
      .finally(() => setProgress(null));
  }

  return (
    <form onSubmit={onSubmit}>
      <p>
        <label>
          First name <input name="firstName" />
        </label>
      </p>
      <p>
        <label>
          Last name <input name="lastName" />
        </label>
      </p>
      <p>
        <label>
          E-mail address <input name="email" type="email" />
        </label>
      </p>
      <p>
        <label>
          Passport number <input name="idNumber" />
        </label>
      </p>
      <p>
        <label>
          Passport <input name="passport" type="file" accept="image/jpeg,image/png,application/pdf" required />
        </label>
      </p>
      <button type="submit">Send</button>
      {progress !== null && <progress aria-label="Upload" value={progress} />}
      {faults.length > 0 && (
        <ul role="alert">
          {faults.map(({ field, message }) => (
            <li key={`${field} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
    </form>
  );
}
