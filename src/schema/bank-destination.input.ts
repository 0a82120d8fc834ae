import { ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { AddressInput, WithState } from "./address.input.js";
import {
  americanAccountNumber,
  bic,
  britishAccountNumber,
  iban,
  nigerianAccountNumber,
  routingNumber,
  sortCode,
} from "./bank-rules.js";
import { CustomerType } from "./customer.enum.js";
import { AccountType } from "./payout.enum.js";
import { Present, Required } from "./presence.decorator.js";
import { id, shortText } from "./text-rules.js";

@InputType({ description: "A bank account in Nigeria (NGN)." })
export class NgnBankInput {
  @Field(() => ID, { description: "The bank, by its id in `banks`." })
  @Required(id)
  bankId!: string;

  @Field(() => String, { description: "The account's NUBAN: 10 digits." })
  @Required(nigerianAccountNumber)
  accountNumber!: string;
}

@InputType({ description: "A bank account in the United Kingdom (GBP)." })
export class GbpBankInput {
  @Field(() => String, { description: "The account holder's name." })
  @Required(shortText)
  accountName!: string;

  @Field(() => String, { description: "The account's number: 8 digits." })
  @Required(britishAccountNumber)
  accountNumber!: string;

  @Field(() => String, { description: "The branch's sort code: 6 digits, with or without dashes." })
  @Required(sortCode)
  sortCode!: string;

  @Field(() => AddressInput, { description: "The account holder's address." })
  @Present()
  @ValidateNested()
  address!: AddressInput;
}

@InputType({ description: "A bank account within SEPA (EUR)." })
export class EurBankInput {
  @Field(() => String, { description: "The account holder's name." })
  @Required(shortText)
  accountName!: string;

  @Field(() => String, { description: "The account's IBAN, in capitals without spaces." })
  @Required(iban)
  iban!: string;

  @Field(() => String, { description: "The bank's BIC: 8 or 11 characters." })
  @Required(bic)
  bic!: string;

  @Field(() => AddressInput, { description: "The account holder's address." })
  @Present()
  @ValidateNested()
  address!: AddressInput;
}

@InputType({ description: "A bank account in the United States, paid by ACH (USD)." })
export class AchInput {
  @Field(() => CustomerType, { description: "Whether the account holder is a person or a company." })
  holderType!: CustomerType;

  @Field(() => String, { description: "The account holder's name." })
  @Required(shortText)
  accountName!: string;

  @Field(() => String, { description: "The account's number: 4 to 17 digits." })
  @Required(americanAccountNumber)
  accountNumber!: string;

  @Field(() => AccountType, { description: "The kind of account." })
  accountType!: AccountType;

  @Field(() => String, { description: "The bank's routing number: 9 digits." })
  @Required(routingNumber)
  routingNumber!: string;

  @Field(() => String, { description: "The bank's name." })
  @Required(shortText)
  bankName!: string;

  @Field(() => AddressInput, { description: "The account holder's address, with its state." })
  @Present()
  @WithState()
  @ValidateNested()
  address!: AddressInput;
}

@InputType({ description: "A bank account in the United States, paid by wire (USD)." })
export class WireInput extends AchInput {
  @Field(() => String, { description: "The bank's SWIFT code (BIC): 8 or 11 characters." })
  @Required(bic)
  swiftCode!: string;
}
