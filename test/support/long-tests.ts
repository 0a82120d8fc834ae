/** With LONG_TESTS=1 some tests run as long, and with as much, as the promise that they hold says; otherwise a short form. */
export const isLongRun = process.env.LONG_TESTS === "1";
