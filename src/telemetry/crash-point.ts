// Lets a test kill the process at a named instruction, as a power cut would.

let crashAt: string | null = null;

/** Arms one point; null disarms. Set from the configuration, and only by tests. */
export function armCrashPoint(point: string | null): void {
  crashAt = point;
}

export function reachPoint(point: string): void {
  if (crashAt === point) process.kill(process.pid, "SIGKILL");
}
