// A GraphQL multipart request by XMLHttpRequest: it alone tells how far an upload has come.

import { stringifyDocument } from "urql";
import {
  type DocumentCategory,
  UploadDocumentDocument,
  type UploadDocumentMutation,
  type UploadDocumentMutationVariables,
} from "../generated/operations";
import { stream } from "../live/use-stream";
import { authorization } from "../session/credential";

export interface UploadArgs {
  customerId: string;
  category: DocumentCategory;
  file: File;
  onProgress(fraction: number): void;
}

interface Answer {
  data?: UploadDocumentMutation | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export function uploadDocument({
  customerId,
  category,
  file,
  onProgress,
}: UploadArgs): Promise<UploadDocumentMutation["uploadDocument"]> {
  const variables = { input: { customerId, category, file: null } } satisfies Record<
    keyof UploadDocumentMutationVariables,
    unknown
  >;
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: stringifyDocument(UploadDocumentDocument), variables }));
  form.set("map", JSON.stringify({ 0: ["variables.input.file"] }));
  form.set("0", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/graphql");
    request.responseType = "json";
    for (const [name, value] of Object.entries({ ...authorization(), "apollo-require-preflight": "true" })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Error("The connection broke off. Send the file again."));
    request.onload = () => {
      const answer = request.response as Answer | null;
      const [first] = answer?.errors ?? [];
      if (first?.extensions?.code === "UNAUTHENTICATED") stream.signOut(first.message);
      if (answer?.data) resolve(answer.data.uploadDocument);
      else reject(new Error(first?.message ?? "The file was not taken."));
    };
    request.send(form);
  });
}
