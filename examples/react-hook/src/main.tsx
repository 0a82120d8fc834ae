import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";

const payoutId = new URLSearchParams(location.search).get("payout");

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>{payoutId ? <App payoutId={payoutId} /> : <p>Name a payout: /?payout=ID</p>}</StrictMode>,
);
