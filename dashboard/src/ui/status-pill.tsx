import { type AnyStatus, statusWords } from "../format/words";

const tones: Record<AnyStatus, string> = {
  SUBMITTING: "neutral",
  UNCONFIRMED: "warn",
  PENDING: "info",
  PROCESSING: "info",
  SUCCESSFUL: "good",
  FAILED: "bad",
  VERIFIED: "good",
  REJECTED: "bad",
  REQUESTED: "neutral",
  UPLOADED: "info",
  ATTACHED: "good",
};

export function StatusPill({ status }: { status: AnyStatus }) {
  return <span className={`pill pill-${tones[status]}`}>{statusWords[status]}</span>;
}
