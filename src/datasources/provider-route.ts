// The name of a call in metrics: its path without ids, which come from callers and never end.

const words = new Set(
  `account-lookup bank breakdown currency customer fees file files get-presigned-url momo-operator payout transaction wallet
webhook webhook-logs webhook-replay`.split(/\s+/),
);

export function routeOf(method: string, path: string): string {
  const segments = path.split("/").map((segment) => (segment === "" || words.has(segment) ? segment : "{id}"));
  return `${method} ${segments.join("/")}`;
}
