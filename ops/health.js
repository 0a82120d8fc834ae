// Whether the gateway in this container answers: exit code 0 or 1.
const port = process.env.PORT || "4000";
const isWell = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(3_000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exit(isWell ? 0 : 1);
