import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useMutation, useQuery } from "urql";
import { concerns } from "../customers/concerns";
import { DocumentList } from "../customers/document-list";
import { AttachDocumentsDocument, CustomerDocument, type CustomerQuery } from "../generated/operations";
import { useAfterChanges } from "../live/use-stream";
import { Panel } from "../ui/panel";
import { Empty, Failure, Loading } from "../ui/states";
import { StatusPill } from "../ui/status-pill";
import { FilePicker } from "./file-picker";
import type { StepProps } from "./pay-view";

type Customer = NonNullable<CustomerQuery["customer"]>;

export function DocumentsStep({ state, onChange }: StepProps) {
  const id = state.customerId ?? "";
  const [{ data, error }, refresh] = useQuery({ query: CustomerDocument, variables: { id } });
  const readAgain = () => refresh({ requestPolicy: "network-only" });
  useAfterChanges((change) => concerns(change, id), readAgain);
  const isVerified = data?.customer?.status === "VERIFIED";
  useEffect(() => {
    if (isVerified) onChange({ step: "payment" });
  }, [isVerified, onChange]);
  if (!data) return error ? <Failure message={error.message} onRetry={readAgain} /> : <Loading what="the customer" />;
  if (!data.customer) return <Empty title="The customer is not there any more." />;
  return (
    <Panel title={`Documents of ${data.customer.name}`} aside={<StatusPill status={data.customer.status} />}>
      {data.customer.status === "PROCESSING" ? (
        <Review customer={data.customer} />
      ) : (
        <Upload customer={data.customer} onSent={readAgain} />
      )}
    </Panel>
  );
}

function Review({ customer }: { customer: Customer }) {
  return (
    <>
      <div className="state" role="status">
        <span className="spinner" aria-hidden="true" />
        <p className="state-title">The provider is reviewing the documents.</p>
        <p>This goes on by itself as soon as there is an answer. The page can be left and reloaded.</p>
      </div>
      <DocumentList documents={customer.documents} />
    </>
  );
}

function Upload({ customer, onSent }: { customer: Customer; onSent(): void }) {
  const [{ fetching }, attach] = useMutation(AttachDocumentsDocument);
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const stored = customer.documents.filter(({ status }) => status === "UPLOADED");
  const hasIdentity = stored.some(({ category }) => category === "IDENTITY");
  const rejection = customer.status === "REJECTED" ? customer.statusChanges.at(-1)?.reason : null;
  const send = async () => {
    const { data, error } = await attach({
      input: { customerId: customer.id, documentIds: stored.map(({ id }) => id) },
    });
    const faults = data?.attachDocuments.userErrors.map(({ message }) => message) ?? [];
    setFault(error?.message ?? (faults.join(" ") || null));
    onSent();
  };
  return (
    <>
      {customer.status === "REJECTED" && (
        <p className="notice notice-bad" role="alert">
          The provider refused the documents. {rejection} Send better ones to try again.
        </p>
      )}
      <p className="muted">
        The identity document is needed; the others may help. JPEG, PNG or PDF. They are passed on to the provider's
        storage.
      </p>
      <FilePicker customerId={customer.id} onStored={onSent} onBusy={setIsBusy} />
      {customer.documents.length > 0 && <DocumentList documents={customer.documents} />}
      {fault && (
        <p className="notice notice-bad" role="alert">
          {fault}
        </p>
      )}
      <div className="form-end">
        <Button
          className="button button-primary"
          isDisabled={!hasIdentity || isBusy || fetching}
          onPress={() => void send()}
        >
          Send for review
        </Button>
      </div>
    </>
  );
}
