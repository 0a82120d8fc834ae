// A GraphQL multipart request for operations with files, by XMLHttpRequest: it alone tells how far an upload has come.

import { ApolloLink } from "@apollo/client";
import { print } from "graphql";
import { Observable } from "rxjs";

export interface UploadContext {
  onProgress?: (fraction: number) => void;
}

export class UploadLink extends ApolloLink {
  constructor(url: string) {
    super(
      (operation) =>
        new Observable((observer) => {
          const { onProgress } = operation.getContext() as UploadContext;
          const request = new XMLHttpRequest();
          request.open("POST", url);
          request.responseType = "json";
          // Without it the gateway takes the request for one that another site's page has made.
          request.setRequestHeader("apollo-require-preflight", "true");
          request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
          request.onerror = () => observer.error(new Error("The connection broke off. Send the file again."));
          request.onload = () => {
            if (request.response === null) {
              observer.error(new Error(`The answer, with status ${request.status}, is no JSON.`));
              return;
            }
            observer.next(request.response);
            observer.complete();
          };
          request.send(toForm(print(operation.query), operation.variables));
          return () => request.abort();
        }),
    );
  }
}

export function hasFile(variables: unknown): boolean {
  return filesIn(variables).length > 0;
}

function toForm(query: string, variables: Record<string, unknown>): FormData {
  const files = filesIn(variables, ["variables"]);
  const withoutFiles = JSON.stringify({ query, variables }, (_key, value) => (value instanceof File ? null : value));
  const form = new FormData();
  // The order is part of the protocol: first the operation, then where the files go, then the files.
  form.set("operations", withoutFiles);
  form.set("map", JSON.stringify(Object.fromEntries(files.map(({ path }, index) => [index, [path.join(".")]]))));
  for (const [index, { file }] of files.entries()) form.set(String(index), file, file.name);
  return form;
}

function filesIn(value: unknown, path: string[] = []): { path: string[]; file: File }[] {
  if (value instanceof File) return [{ path, file: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => filesIn(item, [...path, key]));
}
