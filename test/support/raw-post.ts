/** A POST to /graphql as it goes over the wire, so that several can be sent in line over one connection. */
export function rawPost(body: string, { key, connection }: { key?: string; connection?: "close" } = {}): string {
  return [
    "POST /graphql HTTP/1.1",
    "host: gateway",
    ...(key === undefined ? [] : [`authorization: Bearer ${key}`]),
    ...(connection === undefined ? [] : [`connection: ${connection}`]),
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
