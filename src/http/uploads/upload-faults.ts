/** Why a multipart request could not be received. `status` is the HTTP status to answer with. */
export class UploadFault extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.status = status;
  }
}

/** The request does not keep to the GraphQL multipart request specification. */
export class MalformedUpload extends UploadFault {
  constructor(message: string, status = 400) {
    super(status, message);
  }
}

/** The request as a whole is over a limit. A single file over its own limit is no fault: it is marked. */
export class UploadTooLarge extends UploadFault {
  constructor(message: string) {
    super(413, message);
  }
}

export class UploadTimedOut extends UploadFault {
  constructor(deadlineMs: number) {
    super(408, `The request, or enough of it, was not received within ${deadlineMs} ms.`);
  }
}

/** The rest of the file will not come, or its bytes are gone: the request has ended. */
export class UploadAborted extends UploadFault {
  constructor(options?: ErrorOptions) {
    super(499, "The request has ended, and its files with it.", options);
  }
}

/** What the multipart library and its parser throw, as one of ours. */
export function toUploadFault(error: unknown): UploadFault {
  if (error instanceof UploadFault) return error;
  const message = error instanceof Error ? error.message : "The multipart request cannot be read.";
  const status = error instanceof Error && "status" in error ? error.status : 400;
  if (status === 413) return new UploadTooLarge(message);
  if (status === 499) return new UploadAborted({ cause: error });
  // The library takes an empty form for a mistake of the server's own.
  if (status === 500) return new MalformedUpload("The multipart fields 'operations' and 'map' are missing.");
  return new MalformedUpload(message, typeof status === "number" ? status : 400);
}
