/** The one account holder of the simulated provider. */
export const businessId = "0b5e3d0a-6a57-4c0e-9a41-2f1f0d6c1a01";
export const businessName = "Example Remittances Ltd";
