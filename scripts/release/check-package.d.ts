export const needed: readonly string[];
export function faultsOfPackage(folder: string): string[];
