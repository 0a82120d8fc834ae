// Calls the gateway. Whatever is sent from here carries a key of its own, so that sending it again is always right.

// biome-ignore lint/style/noProcessEnv: the script's only settings
const { GATEWAY_URL = "http://127.0.0.1:4000", GATEWAY_KEY } = process.env;

export const gatewayUrl = GATEWAY_URL;
/** @type {Record<string, string>} */
export const credential = GATEWAY_KEY ? { authorization: `Bearer ${GATEWAY_KEY}` } : {};

const attempts = 8;
// Trouble that passes; all else is the same however often one asks.
const passing = new Set([
  "RATE_LIMITED",
  "PROVIDER_UNAVAILABLE",
  "SERVICE_UNAVAILABLE",
  "LIMIT_EXCEEDED",
  "INTERNAL_SERVER_ERROR",
]);

/**
 * @param {string} query
 * @param {Record<string, unknown>} [variables]
 */
export function run(query, variables = {}) {
  const body = JSON.stringify({ query, variables });
  return send(() => ({ body, headers: { "content-type": "application/json" } }));
}

/**
 * A GraphQL multipart request with one file.
 * @param {string} query
 * @param {Record<string, unknown>} variables with null where the file goes
 * @param {string} path of that null, e.g. variables.input.file
 * @param {File} file
 */
export function upload(query, variables, path, file) {
  return send(() => {
    const body = new FormData();
    body.set("operations", JSON.stringify({ query, variables }));
    body.set("map", JSON.stringify({ 0: [path] }));
    body.set("0", file);
    return { body, headers: { "apollo-require-preflight": "true" } };
  });
}

/** @param {() => { body: BodyInit, headers: Record<string, string> }} toRequest */
async function send(toRequest) {
  for (let attempt = 1; ; attempt += 1) {
    const { body, headers } = toRequest();
    // Null: the connection broke, or something in between has answered; nobody knows what became of it.
    const answer = await fetch(`${gatewayUrl}/graphql`, {
      method: "POST",
      body,
      headers: { ...headers, ...credential },
    })
      .then((response) => response.json())
      .catch(() => null);
    if (answer && !answer.errors) return answer.data;
    const { message = "No answer came.", extensions = {} } = answer?.errors[0] ?? {};
    if (answer && !passing.has(extensions.code)) throw new Error(message);
    if (attempt === attempts) throw new Error(message);
    const waitMs = Math.min(250 * 2 ** attempt, 30_000) * (0.5 + Math.random() / 2);
    await pause(Math.max(waitMs, (extensions.retryAfterSeconds ?? 0) * 1000));
  }
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
