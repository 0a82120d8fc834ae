import { formatSize } from "../format/size";
import { categoryWords } from "../format/words";
import type { DocumentRowFragment } from "../generated/operations";
import { StatusPill } from "../ui/status-pill";

export function DocumentList({ documents }: { documents: readonly DocumentRowFragment[] }) {
  if (documents.length === 0) return <p className="muted">None yet.</p>;
  return (
    <ul className="documents">
      {documents.map(({ id, category, status, fileName, size }) => (
        <li key={id}>
          <div>
            <strong>{categoryWords[category]}</strong>
            <span className="muted">
              {[fileName, size === null ? null : formatSize(size)].filter(Boolean).join(", ")}
            </span>
          </div>
          <StatusPill status={status} />
        </li>
      ))}
    </ul>
  );
}
