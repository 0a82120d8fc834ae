import { useEffect, useState } from "react";
import { Button, Label, ProgressBar } from "react-aria-components";
import { formatSize } from "../format/size";
import { categoryWords } from "../format/words";
import type { DocumentCategory } from "../generated/operations";

export interface PickedFile {
  key: string;
  file: File;
  category: DocumentCategory;
  fraction: number;
  /** Why it was not stored; null while it is on its way. */
  fault: string | null;
}

interface PickedFilesProps {
  files: readonly PickedFile[];
  onRemove(key: string): void;
}

export function PickedFiles({ files, onRemove }: PickedFilesProps) {
  if (files.length === 0) return null;
  return (
    <ul className="picked">
      {files.map(({ key, file, category, fraction, fault }) => (
        <li key={key}>
          <Preview file={file} />
          <div className="picked-text">
            <strong>{file.name}</strong>
            <span className="muted">
              {categoryWords[category]}, {formatSize(file.size)}
            </span>
            {fault === null ? (
              <ProgressBar className="progress" value={fraction * 100}>
                {({ percentage = 0, valueText }) => (
                  <>
                    <Label className="visually-hidden">Sending {file.name}</Label>
                    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                      <rect className="bar-track" width="100" height="6" />
                      <rect className="bar-duration" width={percentage} height="6" />
                    </svg>
                    <span>{valueText}</span>
                  </>
                )}
              </ProgressBar>
            ) : (
              <span className="field-error" role="alert">
                {fault}
              </span>
            )}
          </div>
          {fault !== null && (
            <Button className="link-button" aria-label={`Remove ${file.name}`} onPress={() => onRemove(key)}>
              Remove
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Preview({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file.type.startsWith("image/")) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url ? <img className="preview" src={url} alt="" /> : <span className="preview" aria-hidden="true" />;
}
