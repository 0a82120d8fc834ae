// What the scripts beside it need to know of DATABASE_URL.

/** `path` is SQLite's file; null for PostgreSQL. */
export function databaseOf(url = "sqlite:data/gateway.db") {
  if (url.startsWith("sqlite:") && url !== "sqlite::memory:") return { url, path: url.slice("sqlite:".length) };
  if (/^postgres(ql)?:\/\//.test(url)) return { url, path: null };
  console.error("DATABASE_URL must be sqlite:PATH or postgres://…");
  process.exit(2);
}

/** An argument is there for all on the machine to read; the environment is not. */
export function passwordApart(url) {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = "";
  return { target: target.href, environment: { ...process.env, ...(password ? { PGPASSWORD: password } : {}) } };
}
