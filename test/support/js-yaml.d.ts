declare module "js-yaml" {
  /** Every document of a text, without tags that make objects. */
  export function safeLoadAll(text: string): unknown[];
}
