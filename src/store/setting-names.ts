/** The secret from which references are derived. It must outlive every key, so it is part of every backup. */
export const referenceSecretSetting = "reference-secret";

/** Whether a look-up by reference has found a payment that was not final: only then does "not found" prove absence. */
export const findsPendingSetting = "provider.finds-pending-by-reference";
