import Database from "better-sqlite3";

export type StateFile = Database.Database;

const schema = `
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (hash TEXT PRIMARY KEY, scopes TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customers (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  record TEXT NOT NULL,
  email TEXT AS (record ->> '$.fields.email'),
  id_number TEXT AS (record ->> '$.fields.id_number'),
  registration_number TEXT AS (record ->> '$.fields.registration_number'),
  incorporation_country TEXT AS (record ->> '$.fields.incorporation_country'),
  type TEXT AS (record ->> '$.type'),
  status TEXT AS (record ->> '$.status')
);
CREATE INDEX IF NOT EXISTS customers_email ON customers (email);
CREATE INDEX IF NOT EXISTS customers_id_number ON customers (id_number);
CREATE INDEX IF NOT EXISTS customers_registration ON customers (registration_number);
CREATE TABLE IF NOT EXISTS files (
  id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  category TEXT NOT NULL,
  headers TEXT NOT NULL,
  query TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  size INTEGER,
  sha256 TEXT,
  content_type TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wallets (id TEXT PRIMARY KEY, currency TEXT NOT NULL, balance TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payouts (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  reference TEXT NOT NULL UNIQUE,
  merchant_reference TEXT UNIQUE,
  record TEXT NOT NULL,
  status TEXT AS (record ->> '$.status'),
  wallet_id TEXT AS (record ->> '$.walletId'),
  customer_id TEXT AS (record ->> '$.customerId'),
  created_at INTEGER AS (record ->> '$.createdAt')
);
CREATE INDEX IF NOT EXISTS payouts_customer ON payouts (customer_id);
CREATE TABLE IF NOT EXISTS spent_magic (value TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook_logs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  target TEXT NOT NULL,
  transaction_id TEXT,
  type TEXT NOT NULL,
  url TEXT NOT NULL,
  body TEXT NOT NULL,
  response TEXT,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS webhook_logs_transaction ON webhook_logs (transaction_id);
CREATE TABLE IF NOT EXISTS webhook_attempts (
  id TEXT PRIMARY KEY,
  log_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  timestamp TEXT NOT NULL,
  signature TEXT NOT NULL,
  status INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS webhook_attempts_log ON webhook_attempts (log_id);
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  due_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at, id);
CREATE INDEX IF NOT EXISTS jobs_lane ON jobs (lane);
`;

/** One SQLite file holds everything the simulated provider must still know after a restart, or a kill in mid-work. */
export function openStateFile(path: string): StateFile {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = NORMAL");
  db.pragma("busy_timeout = 5000");
  db.exec(schema);
  return db;
}
