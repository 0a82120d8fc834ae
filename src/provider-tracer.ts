// Requests to the provider in a trace: their route without ids, and how they ended. The trace's own context is not sent with
// them: the provider is a third party, which has no use for it and could tell from it which requests belong together.

import type { TraceRequest } from "./datasources/traced-request.js";
import { duringChild } from "./telemetry/tracing.js";

export const traceProviderRequest: TraceRequest = ({ method, route, class: callClass, attempt }, work) => {
  const attributes = {
    "http.request.method": method,
    "url.template": route.slice(method.length + 1),
    "http.request.resend_count": attempt > 1 ? attempt - 1 : undefined,
    "payout_gateway.budget.class": callClass,
  };
  return duringChild(`provider ${route}`, { kind: "client", attributes }, (span) =>
    work(({ status, waitedMs, failure }) => {
      span?.set({ "http.response.status_code": status, "payout_gateway.budget.waited_ms": waitedMs });
      if (failure !== undefined || (status ?? 0) >= 400) span?.fail(failure ?? String(status));
    }),
  );
};
