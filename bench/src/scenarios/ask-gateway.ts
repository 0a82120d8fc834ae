import type { MeasuredGateway } from "../gateway/measured-gateway.js";

/** What a scenario has to know of the gateway beside what it measures. */
export async function askGateway<T>(
  { url, partner }: Pick<MeasuredGateway, "url" | "partner">,
  query: string,
  variables: object = {},
): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...partner.headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const { data, errors } = JSON.parse(text) as { data?: T; errors?: unknown };
  if (!data || errors) throw new Error(`The gateway answers ${response.status}: ${text}`);
  return data;
}
