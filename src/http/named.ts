/** For a part of the server. Of one without a name the framework looks for one among all modules that are loaded. */
export function named(name: string): { name: string; encapsulate: true } {
  return { name, encapsulate: true };
}
