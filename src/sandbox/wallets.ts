import { Big } from "big.js";
import type { StateFile } from "./state-file.js";

export interface WalletRecord {
  id: string;
  currency: string;
  /** A decimal. */
  balance: string;
}

/** The NGN wallet is deep enough for amounts that a float cannot hold. */
const openingWallets: readonly WalletRecord[] = [
  { id: "71d0a9c2-0001-4a6e-b0f1-000000000566", currency: "NGN", balance: "1000000000000000000.50" },
  { id: "71d0a9c2-0002-4a6e-b0f1-000000000124", currency: "CAD", balance: "5000000.00" },
  { id: "71d0a9c2-0003-4a6e-b0f1-000000000840", currency: "USD", balance: "5000000.00" },
  { id: "71d0a9c2-0004-4a6e-b0f1-000000000978", currency: "EUR", balance: "5000000.00" },
  { id: "71d0a9c2-0005-4a6e-b0f1-000000000826", currency: "GBP", balance: "5000000.00" },
];

export class Wallets {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
    const open = db.prepare("INSERT OR IGNORE INTO wallets (id, currency, balance) VALUES (@id, @currency, @balance)");
    for (const wallet of openingWallets) open.run(wallet);
  }

  list(): WalletRecord[] {
    return this.#db.prepare<[], WalletRecord>("SELECT id, currency, balance FROM wallets ORDER BY id").all();
  }

  find(id: string): WalletRecord | undefined {
    return this.#db.prepare<[string], WalletRecord>("SELECT id, currency, balance FROM wallets WHERE id = ?").get(id);
  }

  /** False where the wallet holds less. Called inside the transaction that books the payout. */
  debit(id: string, amount: Big): boolean {
    const balance = this.#balanceOf(id).minus(amount);
    if (balance.lt(0)) return false;
    this.#setBalance(id, balance);
    return true;
  }

  credit(id: string, amount: Big): void {
    this.#setBalance(id, this.#balanceOf(id).plus(amount));
  }

  #balanceOf(id: string): Big {
    return new Big(this.find(id)?.balance ?? 0);
  }

  #setBalance(id: string, balance: Big): void {
    this.#db.prepare("UPDATE wallets SET balance = ? WHERE id = ?").run(balance.toFixed(), id);
  }
}
