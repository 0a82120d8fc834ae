import { GraphQLScalarType } from "graphql";
import { GraphQLUpload } from "graphql-upload-minimal";

/** A file as it came in, wherever its bytes are kept. */
export interface ReceivedFile {
  /** As the client named it; empty where it did not. */
  fileName: string;
  declaredType: string;
  /** Bytes, of all that came. */
  size: number;
  /** Hex. */
  sha256: string;
  /** Its first bytes, by which its type is told. */
  head: Buffer;
  /** It was over the limit, and its bytes are not kept. */
  isTruncated: boolean;
  open(): NodeJS.ReadableStream;
}

/** In a resolver its value is the promise of a ReceivedFile. */
export const UploadScalar = new GraphQLScalarType({
  ...GraphQLUpload.toConfig(),
  description: "A file of a GraphQL multipart request.",
});
