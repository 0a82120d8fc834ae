import { useEffect, useState } from "react";
import { Button, DropZone, type FileDropItem, FileTrigger, Text } from "react-aria-components";
import { uploadDocument } from "../api/upload";
import { categoryWords } from "../format/words";
import type { DocumentCategory } from "../generated/operations";
import { SelectInput } from "../ui/fields";
import { type PickedFile, PickedFiles } from "./picked-files";

const accepted = ["image/jpeg", "image/png", "application/pdf"];
const categories = Object.entries(categoryWords).map(([id, name]) => ({ id: id as DocumentCategory, name }));

interface FilePickerProps {
  customerId: string;
  onStored(): void;
  onBusy(isBusy: boolean): void;
}

/** Files are sent as soon as they are chosen: what was stored is there after a reload, too. */
export function FilePicker({ customerId, onStored, onBusy }: FilePickerProps) {
  const [category, setCategory] = useState<DocumentCategory>("IDENTITY");
  const [files, setFiles] = useState<readonly PickedFile[]>([]);
  const isBusy = files.some(({ fault }) => fault === null);
  useEffect(() => onBusy(isBusy), [isBusy, onBusy]);

  const update = (key: string, part: Partial<PickedFile>) => {
    setFiles((before) => before.map((file) => (file.key === key ? { ...file, ...part } : file)));
  };
  const send = async (file: File) => {
    const key = crypto.randomUUID();
    const fault = accepted.includes(file.type) ? null : "Only JPEG, PNG and PDF are taken.";
    setFiles((before) => [...before, { key, file, category, fraction: 0, fault }]);
    if (fault) return;
    try {
      const onProgress = (fraction: number) => update(key, { fraction });
      const { document, userErrors } = await uploadDocument({ customerId, category, file, onProgress });
      if (!document) return update(key, { fault: userErrors.map(({ message }) => message).join(" ") });
      setFiles((before) => before.filter((other) => other.key !== key));
      onStored();
    } catch (error) {
      update(key, { fault: error instanceof Error ? error.message : String(error) });
    }
  };
  const sendAll = (chosen: Iterable<File>) => {
    for (const file of chosen) void send(file);
  };
  return (
    <div className="picker">
      <SelectInput label="The next file is the" value={category} options={categories} onChange={setCategory} />
      <DropZone
        className="drop"
        getDropOperation={() => "copy"}
        onDrop={async ({ items }) => {
          const dropped = items.filter((item): item is FileDropItem => item.kind === "file");
          sendAll(await Promise.all(dropped.map((item) => item.getFile())));
        }}
      >
        <Text slot="label">Drop a file here, or</Text>
        <FileTrigger acceptedFileTypes={accepted} allowsMultiple onSelect={(chosen) => chosen && sendAll(chosen)}>
          <Button className="button">Choose a file</Button>
        </FileTrigger>
      </DropZone>
      <PickedFiles files={files} onRemove={(key) => setFiles((before) => before.filter((file) => file.key !== key))} />
    </div>
  );
}
